# What the tests of the command line share; read by each of them.
#   ./CASE RELCTL SOURCE-DIRECTORY
# shellcheck shell=sh
set -eu
relctl=$1
# shellcheck disable=SC2034 # the cases use it
source_dir=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/relctl-cli.XXXXXX")
made=$work # a case may move on to a directory below
trap 'chmod -R u+w "$made"; rm -rf "$made"' EXIT
trap 'exit 1' INT TERM HUP
cd "$work"

# Nothing of the user's or the host's own.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE NO_COLOR XDG_CONFIG_HOME
unset http_proxy https_proxy all_proxy
LC_ALL=C
HOME=$work/home
XDG_CACHE_HOME=$work/cache
GIT_CONFIG_NOSYSTEM=1
GIT_CONFIG_GLOBAL=/dev/null
GIT_AUTHOR_NAME=Tester GIT_AUTHOR_EMAIL=tester@example.org
GIT_COMMITTER_NAME=Tester GIT_COMMITTER_EMAIL=tester@example.org
GIT_AUTHOR_DATE='2026-01-02T03:04:05Z' GIT_COMMITTER_DATE='2026-01-02T03:04:05Z'
export LC_ALL HOME XDG_CACHE_HOME GIT_CONFIG_NOSYSTEM GIT_CONFIG_GLOBAL
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
export GIT_AUTHOR_DATE GIT_COMMITTER_DATE
mkdir "$HOME"

die() {
	printf 'FAILED: %s\n' "$*" >&2
	exit 1
}

# run STATUS ARGUMENT …: the program's stdout and stderr go to out and err.
run() {
	wanted=$1
	shift
	status=0
	"$relctl" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
	[ "$status" -eq "$wanted" ] || {
		cat "$work/out" "$work/err" >&2
		die "status $status, not $wanted: relctl $*"
	}
}

# out_is, err_is: exactly what stands on stdin.
same() {
	cat >"$work/expected"
	diff -u "$work/expected" "$1" >&2 || die "unexpected $1"
}
out_is() { same "$work/out"; }
err_is() { same "$work/err"; }
out_empty() { [ ! -s "$work/out" ] || die "stdout: $(cat "$work/out")"; }
err_empty() { [ ! -s "$work/err" ] || die "stderr: $(cat "$work/err")"; }
# out_has, err_has: a line that holds this text.
out_has() { grep -qF -e "$1" "$work/out" || die "no \"$1\": $(cat "$work/out")"; }
err_has() { grep -qF -e "$1" "$work/err" || die "no \"$1\": $(cat "$work/err")"; }
out_lacks() { ! grep -qF -e "$1" "$work/out" || die "\"$1\": $(cat "$work/out")"; }
err_lacks() { ! grep -qF -e "$1" "$work/err" || die "\"$1\": $(cat "$work/err")"; }

# manifest REPOSITORY NAME.VERSION [LINE …]: a package, its fields given.
manifest() {
	dir=$1/packages/${2%%.*}/$2
	mkdir -p "$dir"
	shift 2
	printf '%s\n' 'opam-version: "2.0"' "$@" >"$dir/opam"
}

# commit REPOSITORY: everything in it, as a git repository.
commit() {
	[ -d "$1/.git" ] || git init -q "$1"
	git -C "$1" add -A
	git -C "$1" commit -q --allow-empty -m state
}
