# The world of relctl ci: a development remote on a forge, and checkouts of it
# as each CI system makes them.  Read after cli/lib.sh.
# shellcheck shell=sh

# Nothing of the system that these tests themselves may run in.
for name in $(env | sed -n 's/^\([A-Z_]*\)=.*/\1/p'); do
	case $name in
	CI | CI_* | GITHUB_* | GITLAB_* | FORGEJO_* | GITEA_* | RUNNER_*)
		unset "$name"
		;;
	esac
done
git config --file "$work/gitconfig" init.defaultBranch main
git config --file "$work/gitconfig" advice.detachedHead false
GIT_CONFIG_GLOBAL=$work/gitconfig
export GIT_CONFIG_GLOBAL

# full REPOSITORY NAME.VERSION [LINE …]: a package that lint is content with;
# the lines given are lines 10, 11, …
full() {
	repository=$1
	package=$2
	shift 2
	manifest "$repository" "$package" 'synopsis: "For a test"' \
		'description: "Of relctl ci."' \
		'maintainer: "tester@example.org"' 'authors: "A Tester"' \
		'license: "ISC"' 'homepage: "https://example.org"' \
		'bug-reports: "https://example.org/issues"' \
		'dev-repo: "git+https://example.org/a.git"' "$@"
}

sum() { printf '%s' "$2" | "$1sum" | cut -d ' ' -f 1; }

# forge: `up`, an upstream remote, and `forge.git` with the development remote
# on main; `dev` is a clone to work in.
forge() {
	manifest up base.1 'build: []'
	manifest up b.1 'depends: ["lib" "base"]'
	manifest up old.1 'depends: ["nobody"]'
	manifest up user.1 'depends: ["pub"]'
	full dev lib.1 'build: []'
	full dev a.1 'depends: ["lib"]'
	manifest dev c.1 'depends: ["nobody" "pub"]'
	full dev sad.1 'depends: ["later"]'
	full dev pub.1 'build: []' 'url {' \
		'  src: "https://example.org/pub-1.tgz"' \
		"  checksum: \"sha256=$(sum sha256 pub)\"" '}'
	printf 'opam-version: "2.0"\n' >dev/repo
	cat >dev/relctl.yml <<-END
		remotes:
		  - {name: dev, role: development, url: "git+file://$PWD/forge.git"}
		  - {name: up, role: upstream, url: "$PWD/up"}
		environments:
		  - {name: linux, os: linux, os-distribution: debian}
	END
	commit dev
	git clone -q --bare dev forge.git
	git -C forge.git config uploadpack.allowFilter true
	git -C dev remote add origin "file://$PWD/forge.git"
	git -C dev fetch -q origin
	git -C dev branch -q --set-upstream-to=origin/main
	run 0 -C dev freeze --remote "forge.git=$PWD/forge.git"
	git -C dev pull -q
	for n in 1 2 3 4 5; do
		git -C dev commit -q --allow-empty -m "older $n"
	done
	git -C dev push -q origin main
}

# propose NUMBER: what stands in dev, uncommitted, as request NUMBER against
# main, which goes on meanwhile; sets head, base and merge to commits.
propose() {
	git -C dev checkout -q -b "request-$1"
	git -C dev add -A
	git -C dev commit -q --allow-empty -m "request $1"
	head=$(git -C dev rev-parse HEAD)
	fork=$(git -C dev rev-parse HEAD~1)
	git -C dev checkout -q main
	full dev "elsewhere.$1" 'build: []'
	commit dev
	base=$(git -C dev rev-parse HEAD)
	git -C dev checkout -q --detach
	git -C dev merge -q --no-ff -m "Merge $head into $base" "$head"
	merge=$(git -C dev rev-parse HEAD)
	git -C dev push -q origin main "$head:refs/pull/$1/head" \
		"$merge:refs/pull/$1/merge" \
		"$head:refs/merge-requests/$1/head"
	git -C dev checkout -q main
}

# Checkouts.  Each leaves a directory `job` and sets the variables that the
# system's documentation names, in `job.env`; job ARGUMENT … runs relctl there.

fresh_job() {
	rm -rf job job.env summary outputs event.json
	: >job.env
	git init -q job
	git -C job remote add origin "file://$PWD/forge.git"
}

event() {
	cat >event.json <<-END
		{"action": "synchronize", "number": $1, "pull_request": {
		 "number": $1,
		 "base": {"ref": "main", "sha": "$base",
		          "repo": {"full_name": "example/dev"}},
		 "head": {"ref": "request-$1", "sha": "$head",
		          "repo": {"full_name": "example/dev"}}}}
	END
}

# docs.github.com, "Variables reference"; actions/checkout@v4: --depth=1 of
# refs/pull/N/merge.
github() {
	fresh_job
	git -C job fetch -q --no-tags --depth=1 origin \
		"+$merge:refs/remotes/pull/$1/merge"
	git -C job checkout -q --force "refs/remotes/pull/$1/merge"
	event "$1"
	cat >job.env <<-END
		CI=true
		GITHUB_ACTIONS=true
		GITHUB_EVENT_NAME=pull_request
		GITHUB_EVENT_PATH=$PWD/event.json
		GITHUB_REF=refs/pull/$1/merge
		GITHUB_REF_NAME=$1/merge
		GITHUB_BASE_REF=main
		GITHUB_HEAD_REF=request-$1
		GITHUB_SHA=$merge
		GITHUB_REPOSITORY=example/dev
		GITHUB_SERVER_URL=https://github.com
		GITHUB_RUN_ID=77
		GITHUB_WORKSPACE=$PWD/job
		GITHUB_STEP_SUMMARY=$PWD/summary
		GITHUB_OUTPUT=$PWD/outputs
	END
}

# forgejo.org/docs, "Forgejo Actions | Reference": the head of the request is
# checked out, there is no merge.
forgejo() {
	github "$1"
	rm -rf job
	git init -q job
	git -C job remote add origin "file://$PWD/forge.git"
	git -C job fetch -q --no-tags --depth=1 origin \
		"+$head:refs/remotes/pull/$1/head"
	git -C job checkout -q --force "refs/remotes/pull/$1/head"
	sed -i "s/^GITHUB_SHA=.*/GITHUB_SHA=$head/
		s,^GITHUB_REF=.*,GITHUB_REF=refs/pull/$1/head," job.env
	printf 'FORGEJO_ACTIONS=true\nGITEA_ACTIONS=true\n' >>job.env
}

# docs.gitlab.com, "Predefined CI/CD variables reference"; GIT_DEPTH is 20.
gitlab() {
	fresh_job
	git -C job fetch -q --no-tags "--depth=${2:-20}" origin \
		"+refs/merge-requests/$1/head:refs/pipelines/9$1"
	git -C job checkout -q -f "$head"
	cat >job.env <<-END
		CI=true
		GITLAB_CI=true
		CI_SERVER_HOST=gitlab.example.org
		CI_PIPELINE_SOURCE=merge_request_event
		CI_COMMIT_SHA=$head
		CI_PROJECT_PATH=example/dev
		CI_PROJECT_URL=https://gitlab.example.org/example/dev
		CI_PROJECT_DIR=$PWD/job
		CI_JOB_URL=https://gitlab.example.org/example/dev/-/jobs/7
		CI_MERGE_REQUEST_IID=$1
		CI_MERGE_REQUEST_PROJECT_PATH=example/dev
		CI_MERGE_REQUEST_SOURCE_PROJECT_PATH=example/dev
		CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=request-$1
		CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main
		CI_MERGE_REQUEST_DIFF_BASE_SHA=$fork
		CI_MERGE_REQUEST_TARGET_BRANCH_SHA=
		CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=
	END
}

# woodpecker-ci.org/docs, "Environment variables"; plugin-git: one commit,
# without the trees of others, and no reference to it.
woodpecker() {
	fresh_job
	git -C job fetch -q --no-tags --depth=1 --filter=tree:0 origin \
		"+refs/pull/$1/head:"
	git -C job reset -q --hard "$head"
	cat >job.env <<-END
		CI=woodpecker
		CI_PIPELINE_EVENT=pull_request
		CI_PIPELINE_URL=https://ci.example.org/repos/1/pipeline/7
		CI_COMMIT_SHA=$head
		CI_COMMIT_REF=refs/pull/$1/head
		CI_COMMIT_BRANCH=main
		CI_COMMIT_PULL_REQUEST=$1
		CI_COMMIT_SOURCE_BRANCH=request-$1
		CI_COMMIT_TARGET_BRANCH=main
		CI_REPO=example/dev
		CI_REPO_URL=https://codeberg.example.org/example/dev
		CI_WORKSPACE=$PWD/job
	END
}

# job STATUS ARGUMENT …: relctl ci in the checkout, with only that.
job() {
	wanted=$1
	shift
	status=0
	git -C job config --list >config.before
	find job/.git -type f ! -name index | LC_ALL=C sort >files.before
	(
		set -a
		# shellcheck disable=SC1091 # made above
		. "$work/job.env"
		set +a
		cd job && exec "$relctl" ci "$@"
	) >out 2>err </dev/null || status=$?
	[ "$status" -eq "$wanted" ] || {
		cat out err >&2
		die "status $status, not $wanted: relctl ci $*"
	}
	git -C job config --list | diff - config.before || die 'configuration'
	find job/.git -type f ! -name index | LC_ALL=C sort |
		diff - files.before || die 'the checkout was written'
}
