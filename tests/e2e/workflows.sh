# Running the workflows that relctl init writes, step by step as the runner of
# each CI system would.  Read after cli/lib.sh; needs node and its packages.
# shellcheck shell=sh
modules=${RELCTL_TEST_NPM:-$source_dir/build/npm}/node_modules
if ! command -v node >/dev/null || ! command -v bash >/dev/null ||
	! command -v jq >/dev/null ||
	[ ! -d "$modules/@actions/workflow-parser" ]; then
	echo 'skipped: node, its packages, bash or jq are absent (./dev test)'
	exit 77
fi
# What relctl is called in a workflow.
PATH=$(cd "$(dirname "$relctl")" && pwd):$PATH
export PATH

# workflow SYSTEM: where it is
workflow() {
	case $1 in
	github) echo .github/workflows/relctl.yml ;;
	gitlab) echo .gitlab-ci.yml ;;
	forgejo) echo .forgejo/workflows/relctl.yml ;;
	woodpecker) echo .woodpecker/relctl.yml ;;
	esac
}

# context: what expressions and conditions see, made of the environment
context() {
	# shellcheck disable=SC2016 # jq's own variables
	jq -n --arg token verysecret-token '$ENV
		| with_entries(select(.key | test("^(CI|GITHUB)_")))
		| . + {relctl_token: $token, secrets: {RELCTL_TOKEN: $token},
		       vars: {}, runner: {os: "Linux"},
		       github: {token: "verysecret-of-the-job",
				event_name: .GITHUB_EVENT_NAME,
				ref: .GITHUB_REF, run_id: 1, run_attempt: 1}}'
}

# shell_of SYSTEM: docs.github.com, "jobs.<job_id>.steps[*].shell"; GitLab
# Runner, shells/bash.go; woodpecker-ci.org/docs, "Workflow syntax", commands
shell_of() {
	case $1 in
	gitlab) echo bash -eo pipefail ;;
	woodpecker) echo sh -e ;;
	*) echo bash -e ;;
	esac
}

# The variables of a step, NUL behind each, in $1, its script in $2, the words
# of its shell behind them.
# shellcheck disable=SC2016 # for the sh that xargs starts
run_step='script=$1; shift; shell=; while [ "$1" != -- ]; do
	shell="$shell $1"; shift; done; shift; exec env "$@" $shell "$script"'

# steps STATUS SYSTEM DIR: every step of the workflow, in the checkout DIR and
# with the environment as it is; what they say goes to out and err.
steps() {
	wanted=$1
	system=$2
	dir=$3
	rm -rf "$work/steps"
	mkdir "$work/steps"
	context >"$work/context.json"
	node "$source_dir/tests/support/workflows/steps.mjs" "$modules" \
		"$system" "$dir/$(workflow "$system")" "$work/context.json" \
		"$work/steps" || die "$system: no steps"
	: >"$work/out"
	: >"$work/err"
	status=none
	for step in "$work"/steps/*.run; do
		status=0
		# shellcheck disable=SC2046 # words
		(cd "$dir" && xargs -0 -a "${step%.run}.env" \
			sh -c "$run_step" sh "$step" $(shell_of "$system") --) \
			>>"$work/out" 2>>"$work/err" </dev/null || status=$?
		[ "$status" -eq 0 ] || break
	done
	# what xargs makes of any failure
	[ "$status" != 123 ] || status=1
	[ "$status" = "$wanted" ] || {
		cat "$work/out" "$work/err" >&2
		die "$system: status $status, not $wanted"
	}
}

# another_user DIR: git calls it dubious then; only root can make it so
another_user() {
	[ "$(id -u)" -ne 0 ] || chown -R 4711:4711 "$1"
}
