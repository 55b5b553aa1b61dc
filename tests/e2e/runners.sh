# What runners of CI systems set and check out, as their documentation has it.
# Read after cli/lib.sh and world.sh.
# shellcheck shell=sh

top=$work

# in_world NAME KIND
in_world() {
	mkdir "$top/$1" && cd "$top/$1"
	work=$PWD
	world "$2"
	git -C source-origin.git config uploadpack.allowReachableSHA1InWant true
	git -C source-origin.git config uploadpack.allowFilter true
	: >source/.git/info/exclude
}

# tag_source TAG VERSION: what a maintainer does by hand.
tag_source() {
	export GIT_AUTHOR_NAME='A Maintainer' \
		GIT_AUTHOR_EMAIL=maintainer@example.org \
		GIT_COMMITTER_NAME='A Maintainer' \
		GIT_COMMITTER_EMAIL=maintainer@example.org
	sed -i "s/^(version .*/(version $2)/" source/dune-project
	sed -i "s/^version: .*/version: \"$2\"/" source/*.opam
	git -C source add -A
	git -C source commit -q -m "Version $2"
	git -C source tag -a -m "$1" "$1"
	git -C source push -q origin main "$1"
	commit=$(git -C source rev-parse HEAD)
	# history behind it, and a branch that has gone on
	git -C source commit -q --allow-empty -m later
	git -C source push -q origin main
}

# Nothing of the CI that runs the tests.
clear_ci() {
	for name in $(env | sed -n 's/^\(\(CI\|GITHUB\|GITLAB\|GITEA\|FORGEJO\|RUNNER\|ACTIONS\|RELCTL\)[A-Za-z0-9_]*\)=.*/\1/p'); do
		unset "$name"
	done
	# no job has an identity of git
	unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE
	unset GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_COMMITTER_DATE
}

# github_env DIR TAG COMMIT: docs.github.com, "Variables reference"
github_env() {
	clear_ci
	mkdir -p "$work/runner"
	: >"$work/runner/output"
	: >"$work/runner/summary"
	printf '{"ref": "refs/tags/%s", "deleted": false}\n' "$2" \
		>"$work/runner/event.json"
	export CI=true GITHUB_ACTIONS=true GITHUB_ACTION=__run \
		GITHUB_ACTOR=octocat GITHUB_API_URL=https://api.github.com \
		GITHUB_EVENT_NAME=push GITHUB_JOB=release \
		GITHUB_EVENT_PATH="$work/runner/event.json" \
		GITHUB_OUTPUT="$work/runner/output" \
		GITHUB_STEP_SUMMARY="$work/runner/summary" \
		GITHUB_REF="refs/tags/$2" GITHUB_REF_NAME="$2" \
		GITHUB_REF_PROTECTED=false GITHUB_REF_TYPE=tag \
		GITHUB_BASE_REF='' GITHUB_HEAD_REF='' \
		GITHUB_REPOSITORY=example/foo GITHUB_REPOSITORY_OWNER=example \
		GITHUB_RUN_ATTEMPT=1 GITHUB_RUN_ID=1658821493 \
		GITHUB_RUN_NUMBER=3 GITHUB_SERVER_URL=https://github.com \
		GITHUB_SHA="$3" GITHUB_WORKFLOW=release GITHUB_WORKSPACE="$1" \
		GITHUB_TOKEN=ghs_verysecret RUNNER_OS=Linux RUNNER_ARCH=X64 \
		RUNNER_TEMP="$work/runner"
}

# forgejo_env DIR TAG COMMIT: forgejo.org/docs, "Forgejo Actions | Reference"
forgejo_env() {
	github_env "$1" "$2" "$3"
	export GITEA_ACTIONS=true FORGEJO_ACTIONS=true \
		GITHUB_SERVER_URL=https://forge.example.org \
		GITHUB_API_URL=https://forge.example.org/api/v1 \
		FORGEJO_TOKEN=fj_verysecret
}

# gitlab_env DIR TAG COMMIT: docs.gitlab.com, "Predefined CI/CD variables"
gitlab_env() {
	clear_ci
	export CI=true GITLAB_CI=true CI_SERVER=yes \
		CI_SERVER_HOST=gitlab.example.org \
		CI_SERVER_URL=https://gitlab.example.org \
		CI_COMMIT_SHA="$3" CI_COMMIT_TAG="$2" CI_COMMIT_REF_NAME="$2" \
		CI_COMMIT_BEFORE_SHA=0000000000000000000000000000000000000000 \
		CI_COMMIT_REF_PROTECTED=true CI_DEFAULT_BRANCH=main \
		CI_JOB_ID=12 CI_JOB_NAME=release CI_JOB_STAGE=release \
		CI_JOB_TOKEN=glcbt-verysecret \
		CI_JOB_URL=https://gitlab.example.org/example/foo/-/jobs/12 \
		CI_PIPELINE_ID=7 CI_PIPELINE_SOURCE=push \
		CI_PROJECT_DIR="$1" CI_PROJECT_PATH=example/foo \
		CI_PROJECT_NAME=foo CI_PROJECT_NAMESPACE=example \
		CI_PROJECT_URL=https://gitlab.example.org/example/foo \
		CI_REPOSITORY_URL=https://gitlab-ci-token:glcbt-verysecret@gitlab.example.org/example/foo.git \
		GITLAB_USER_LOGIN=tester
}

# woodpecker_env DIR TAG COMMIT: woodpecker-ci.org/docs, "Environment variables"
woodpecker_env() {
	clear_ci
	export CI=woodpecker CI_REPO=example/foo CI_REPO_OWNER=example \
		CI_REPO_NAME=foo CI_REPO_URL=https://git.example.org/example/foo \
		CI_REPO_CLONE_URL=https://git.example.org/example/foo.git \
		CI_REPO_DEFAULT_BRANCH=main CI_COMMIT_SHA="$3" \
		CI_COMMIT_REF="refs/tags/$2" CI_COMMIT_TAG="$2" \
		CI_COMMIT_BRANCH=main CI_COMMIT_AUTHOR=tester \
		CI_COMMIT_SOURCE_BRANCH='' CI_COMMIT_TARGET_BRANCH='' \
		CI_PIPELINE_NUMBER=8 CI_PIPELINE_EVENT=tag \
		CI_PIPELINE_URL=https://ci.example.org/repos/7/pipeline/8 \
		CI_STEP_NAME=release CI_WORKSPACE="$1" \
		CI_FORGE_TYPE=forgejo CI_FORGE_URL=https://git.example.org
}

# github_checkout URL DIR TAG COMMIT: actions/checkout, of a tag: one commit,
# which the local tag names even where the real one is annotated.
github_checkout() {
	git init -q "$2"
	git -C "$2" remote add origin "$1"
	git -C "$2" config gc.auto 0
	git -C "$2" -c protocol.version=2 fetch -q --no-tags --prune \
		--no-recurse-submodules --depth=1 origin "+$4:refs/tags/$3"
	git -C "$2" checkout -q --force "refs/tags/$3"
}
forgejo_checkout() { github_checkout "$@"; }

# gitlab_checkout URL DIR TAG COMMIT: GitLab Runner, GIT_DEPTH 20; the URL of
# the remote has the job's token in it.
gitlab_checkout() {
	git init -q "$2"
	git -C "$2" remote add origin "$1"
	git -C "$2" fetch -q --no-recurse-submodules --prune --depth 20 origin \
		"+refs/tags/$3:refs/tags/$3"
	git -C "$2" checkout -q -f "$4"
	git -C "$2" remote set-url origin \
		https://gitlab-ci-token:glcbt-verysecret@gitlab.example.org/example/foo.git
}

# woodpecker_checkout URL DIR TAG COMMIT: plugin-git: no tag, a partial clone.
woodpecker_checkout() {
	git init -q "$2"
	git -C "$2" remote add origin "$1"
	git -C "$2" fetch -q --no-tags --depth=1 --filter=tree:0 origin \
		"+refs/tags/$3:"
	git -C "$2" checkout -q -f FETCH_HEAD
}

# no_secret: nothing of what these variables and URLs hold was told or written;
# the runner itself leaves it in the clone's configuration.
no_secret() {
	found=$(cd "$work" && find . -path ./cache -prune -o \
		-path ./clone/.git/config -o -type f \
		-exec grep -lF verysecret {} + || :)
	[ -z "$found" ] || die "a secret was written to $found"
}

# job STATUS TAG [OPTION …]: relctl ci in the clone, as $system runs it
job() (
	wanted=$1 tag=$2
	shift 2
	"${system}_env" "$work/clone" "$tag" "$commit"
	cd "$work/clone"
	run "$wanted" ci "$@"
)
