# Forges for the tests of cuts: see forge/stub.mjs.  Read after cli/lib.sh.
# shellcheck shell=sh
#
#	forge_start KIND GIT-DIRECTORY	sets $forge, its address, and $forge_conf,
#					what stands behind "kind: KIND" and
#					"request: {kind: KIND" in relctl.yml
#	forge_ask PATH [CURL-OPTION …]	of the stub itself: /_state, …
#	forge_right			nothing was asked that a forge would not
#					understand
#
# GitHub's requests are checked by Prism with the vendor's description, from
# build/npm (./dev test installs them) or $RELCTL_TEST_NPM; Forgejo's too, when
# $RELCTL_TEST_FORGEJO is the path of its /swagger.v1.json.  77: something is not
# installed.

forge_pids=

forge_stop() {
	for forge_pid in $forge_pids; do
		kill "$forge_pid" 2>/dev/null || :
	done
	forge_pids=
}

# The first line of a file that is about to be written.
forge_first_line() {
	forge_tries=0
	until [ -s "$1" ]; do
		forge_tries=$((forge_tries + 1))
		[ "$forge_tries" -lt 300 ] || die "no answer: $(cat "$1.err")"
		sleep 0.1
	done
	sed -n 1p "$1"
}

# forge_prism DESCRIPTION, a path from $forge_npm
forge_prism() {
	forge_npm=${RELCTL_TEST_NPM:-$source_dir/build/npm}/node_modules
	forge_prism=$forge_npm/.bin/prism
	case $1 in
	/*) forge_file=$1 ;;
	*) forge_file=$forge_npm/$1 ;;
	esac
	if [ ! -x "$forge_prism" ] || [ ! -f "$forge_file" ]; then
		echo "skipped: no Prism and $1 in $forge_npm"
		exit 77
	fi
	node "$source_dir/tests/support/forge/describe.mjs" "$forge_file" \
		"$shared/description.json"
	forge_tries=0
	while :; do
		forge_port=$(shuf -i 20000-32000 -n 1)
		node "$forge_prism" mock --errors -h 127.0.0.1 -p "$forge_port" \
			"$shared/description.json" >"$shared/prism" 2>&1 &
		forge_pids="$forge_pids $!"
		until grep -q 'listening on' "$shared/prism"; do
			kill -0 $! 2>/dev/null || break
			sleep 0.2
		done
		! grep -q 'listening on' "$shared/prism" || break
		forge_tries=$((forge_tries + 1))
		[ "$forge_tries" -lt 5 ] || die "Prism: $(cat "$shared/prism")"
	done
	prism=http://127.0.0.1:$forge_port
}

forge_start() {
	command -v node >/dev/null || {
		echo 'skipped: node is not installed'
		exit 77
	}
	# shellcheck disable=SC2016 # for then
	at_exit 'forge_stop; [ ! -s "$shared/stub.err" ] || cat "$shared/stub.err" >&2'
	prism=
	case $1 in
	github)
		forge_prism @octokit/openapi/generated/api.github.com.json
		;;
	forgejo)
		[ -z "${RELCTL_TEST_FORGEJO-}" ] ||
			forge_prism "$RELCTL_TEST_FORGEJO"
		;;
	esac
	node "$source_dir/tests/support/forge/stub.mjs" "$1" "$2" "$prism" \
		>"$shared/stub" 2>"$shared/stub.err" &
	forge_pids="$forge_pids $!"
	forge=$(forge_first_line "$shared/stub")
	case $1 in
	github) forge_conf="repository: o/r, api: \"$forge/api/v3\"" ;;
	gitlab) forge_conf="repository: g/s/p, api: \"$forge/api/v4\"" ;;
	forgejo) forge_conf="repository: o/r, api: \"$forge/api/v1\"" ;;
	esac
	GITHUB_TOKEN=a-token-of-the-tests
	GITLAB_TOKEN=$GITHUB_TOKEN
	FORGEJO_TOKEN=$GITHUB_TOKEN
	# as in a job of that forge, whose tokens are for it alone
	GITHUB_SERVER_URL=$forge CI_SERVER_URL=$forge
	export GITHUB_TOKEN GITLAB_TOKEN FORGEJO_TOKEN
	export GITHUB_SERVER_URL CI_SERVER_URL
	unset GITHUB_API_URL CI_API_V4_URL CI_FORGE_URL GH_HOST GITLAB_HOST
	unset RELCTL_TOKEN RELCTL_TOKEN_HOST
	unset GH_TOKEN CI_JOB_TOKEN GITEA_TOKEN
}

# forge_ask PATH [CURL-OPTION …]
forge_ask() {
	forge_path=$1
	shift
	curl -sS -f "$@" "$forge$forge_path"
}

forge_right() {
	[ "$(forge_ask /_wrong)" = '[]' ] || die "asked: $(forge_ask /_wrong)"
}
