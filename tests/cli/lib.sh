# What the scripts of tests/cli and tests/e2e share; read by each of them.
#   ./SCRIPT RELCTL SOURCE-DIRECTORY
# How a script is made, and how to run one of its sub-cases: tests/README.md.
# shellcheck shell=sh
set -eu
relctl=$(realpath "$1")
# shellcheck disable=SC2034 # the scripts use it
source_dir=$(realpath "$2")
this=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
made=$(mktemp -d "${TMPDIR:-/tmp}/relctl-test.XXXXXX")
work=$made/work   # each sub-case finds it as the set-up left it
shared=$made/kept # what stays between sub-cases: the files of servers
chmod 711 "$made"
mkdir -m 700 "$work" "$shared"
cd "$work"

# at_exit COMMAND: when this sub-case ends; of the set-up, when the script does.
leaving=
at_exit() { leaving="$1; $leaving"; }
leave() {
	set +e
	eval "$leaving"
}
# shellcheck disable=SC2016 # for then
at_exit 'chmod -R u+w "$made"; rm -rf "$made"'
trap leave EXIT
trap 'exit 1' INT TERM HUP

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

# skip REASON: this sub-case, or of the set-up the whole script
skip() {
	printf 'skipped: %s\n' "$*"
	exit 77
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

# run_tests, the last line of a script: run its functions test_NAME, each in a
# shell of its own that stops at the first command that fails, and in $work as
# the set-up left it; or those alone that $RELCTL_TEST_ONLY names.
run_tests() {
	tests=$(sed -n 's/^test_\([a-z0-9_]*\)() {$/\1/p' "$this")
	[ -n "$tests" ] || die "$this has no sub-case"
	twice=$(printf '%s\n' "$tests" | sort | uniq -d)
	[ -z "$twice" ] || die "two sub-cases have the name" "$twice"
	for name in ${RELCTL_TEST_ONLY-}; do
		printf '%s\n' "$tests" | grep -qx -e "$name" ||
			die "no sub-case $name; there are:" "$tests"
	done
	set +e
	(
		set -e
		false
		:
	)
	# shellcheck disable=SC2181 # as a condition it would prove nothing
	[ $? -ne 0 ] || die 'in a condition run_tests would see no failure'
	set -e
	cp -a "$made/work" "$made/start"
	failed=0 passed=0
	for name in ${RELCTL_TEST_ONLY:-$tests}; do
		cd "$made"
		chmod -R u+w work
		rm -rf work
		cp -a start work
		cd work
		set +e
		(
			leaving=
			trap leave EXIT
			set -e
			"test_$name"
		)
		status=$?
		set -e
		case $status in
		0)
			passed=$((passed + 1))
			echo "ok - $name"
			;;
		77) echo "ok - $name # SKIP" ;;
		*)
			failed=$((failed + 1))
			echo "not ok - $name"
			;;
		esac
	done
	[ "$failed" -eq 0 ] || exit 1
	[ "$passed" -gt 0 ] || exit 77
}
