# shellcheck shell=sh
# For the tests with real servers: source it with RELCTL_SOURCE_DIR and PROBE
# (the program fetch_probe) set.  Gives DIR, REPOS/project.git with commits
# c1…c9 on main, and the checks below.
set -eu

unset HOME XDG_CACHE_HOME XDG_CONFIG_HOME GIT_DIR GIT_SSH GIT_SSH_COMMAND \
	RELCTL_TOKEN RELCTL_TOKEN_HOST GITHUB_TOKEN GH_TOKEN GITLAB_TOKEN \
	CI_JOB_TOKEN NETRC SSH_AUTH_SOCK GIT_SSL_CAINFO SSL_CERT_FILE \
	SSL_CERT_DIR CURL_CA_BUNDLE \
	GIT_ASKPASS SSH_ASKPASS http_proxy https_proxy all_proxy || :
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null LC_ALL=C TZ=UTC
export GIT_AUTHOR_NAME=Tester GIT_AUTHOR_EMAIL=tester@example.org
export GIT_COMMITTER_NAME=Tester GIT_COMMITTER_EMAIL=tester@example.org
DIR=$(mktemp -d "${TMPDIR:-/tmp}/relctl-test-XXXXXX")
# shellcheck source=tests/support/servers.sh
. "$RELCTL_SOURCE_DIR/tests/support/servers.sh"
servers_init "$DIR/servers"
trap 'servers_stop; rm -rf "$DIR"' EXIT
REPOS=$DIR/repos
CACHE=$DIR/cache
checks=0

# start COMMAND…: a server, or the whole test is skipped
start()
{
	if "$@"; then return; else exit $?; fi
}

# commit_files WORK SUBJECT: one more commit with a changed file
commit_files()
{
	mkdir -p "$1/packages/a"
	echo "$2" >"$1/packages/a/opam"
	git -C "$1" add .
	git -C "$1" commit -qm "$2"
}

make_project()
{
	mkdir -p "$REPOS"
	git init -q -b main "$DIR/work"
	for i in 1 2 3 4 5 6 7 8 9; do
		commit_files "$DIR/work" "c$i"
	done
	git -C "$DIR/work" tag v1.0 HEAD~4
	git -C "$DIR/work" tag -a -m x v2/final HEAD~2
	git -C "$DIR/work" branch release/2 HEAD~3
	git clone -q --bare "$DIR/work" "$REPOS/project.git"
}

# commit REVISION: what git says it is in the project
commit()
{
	git -C "$REPOS/project.git" rev-parse "$1^{commit}"
}

fail()
{
	echo "FAILED: $*"
	exit 1
}

# expect WANTED ARGUMENTS…: the probe prints these words
expect()
{
	wanted=$1
	shift
	"$PROBE" -c "$CACHE" "$@" >"$DIR/out" 2>"$DIR/err" ||
		fail "probe $*: $(cat "$DIR/err")"
	found=$(tr '\n' ' ' <"$DIR/out")
	[ "$found" = "$wanted " ] || fail "probe $*: $found, not $wanted"
	checks=$((checks + 1))
}

# expect_error CODE PATTERN ARGUMENTS…: the last error the probe tells
expect_error()
{
	code=$1
	pattern=$2
	shift 2
	if "$PROBE" -c "$CACHE" "$@" >"$DIR/out" 2>"$DIR/err"; then
		fail "probe $* succeeds"
	fi
	case $(grep '^error ' "$DIR/err") in
	"error $code: "*) ;;
	*) fail "probe $*: not error $code: $(cat "$DIR/err")" ;;
	esac
	grep -q -- "$pattern" "$DIR/err" ||
		fail "probe $*: no '$pattern' in: $(cat "$DIR/err")"
	checks=$((checks + 1))
}

# fsck: git is content with everything in the cache
fsck()
{
	for repo in "$CACHE"/git/*; do
		[ -d "$repo" ] || continue
		git -C "$repo" fsck --strict --no-dangling 2>"$DIR/fsck" ||
			fail "git fsck: $(cat "$DIR/fsck")"
	done
	checks=$((checks + 1))
}

# depth REF: the number of commits that the cache has of it
depth()
{
	for repo in "$CACHE"/git/*; do
		[ -d "$repo" ] || continue
		git -C "$repo" rev-list --count "$1"
	done
}
