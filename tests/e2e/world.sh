# The world of a cut, for its tests: an upstream remote, a development remote
# of some kind, and a source with its own remote.  Read after cli/lib.sh.
# shellcheck shell=sh

# world KIND: `up`, `dev` (KIND directory or git) and `source` with its
# `origin.git`, below the current directory, and relctl.yml in the source.
world() {
	kind=$1
	git config --file "$work/gitconfig" init.defaultBranch main
	GIT_CONFIG_GLOBAL=$work/gitconfig
	export GIT_CONFIG_GLOBAL
	manifest up base.1.0 'build: []'
	manifest up tool.1.0 'depends: ["base" {>= "1.0"}]'
	# breaks when foo 2.0 is out
	manifest up user.1.0 'depends: ["foo" "foo" {< "2.0"} "old"]'
	manifest up old.1.0 'build: []'
	printf 'opam-version: "2.0"\n' >up/repo
	world_remote "$kind"
	world_source source foo
	world_config source
}

world_remote() {
	case $1 in
	directory)
		manifest dev foo.0.9 'build: []'
		printf 'opam-version: "2.0"\n' >dev/repo
		dev=$PWD/dev
		;;
	git)
		manifest seed foo.0.9 'build: []'
		printf 'opam-version: "2.0"\n' >seed/repo
		commit seed
		git clone -q --bare seed dev.git
		dev=git+file://$PWD/dev.git
		mkdir -p mirror
		;;
	esac
}

# world_source DIR PKG…: a dune project with these packages.
world_source() {
	dir=$1
	shift
	git init -q "$dir"
	mkdir -p "$dir/src"
	{
		printf '(lang dune 3.0)\n(name %s)\n(version 0.9)\n' "$1"
	} >"$dir/dune-project"
	printf '# 1.0 (2026-01-01)\n\n- First change.\n- Second.\n\n' \
		>"$dir/CHANGES.md"
	printf '# 0.9 (2025-01-01)\n\n- Before.\n' >>"$dir/CHANGES.md"
	for package; do
		world_opam "$dir" "$package"
	done
	printf 'let x = 1\n' >"$dir/src/x.ml"
	printf '#!/bin/sh\necho hello\n' >"$dir/hello"
	chmod +x "$dir/hello"
	commit "$dir"
	git clone -q --bare "$dir" "$dir-origin.git"
	git -C "$dir" remote add origin "$PWD/$dir-origin.git"
	git -C "$dir" fetch -q origin
	git -C "$dir" branch -q --set-upstream-to=origin/main
}

world_opam() {
	cat >"$1/$2.opam" <<-END
		opam-version: "2.0"
		version: "0.9"
		synopsis: "Says hello"
		description: """
		Says hello, when asked."""
		maintainer: "tester@example.org"
		authors: "A Tester"
		license: "ISC"
		homepage: "https://example.org/foo"
		bug-reports: "https://example.org/foo/issues"
		dev-repo: "git+https://example.org/foo.git"
		depends: ["base" {>= "1.0"}]
		build: ["sh" "./hello"]
		install: ["install" "-D" "hello" "%{share}%/%{name}%/hello"]
	END
}

world_config() {
	{
		printf 'remotes:\n'
		printf '  - {name: dev, role: development, url: "%s"}\n' "$dev"
		printf '  - {name: up, role: upstream, url: "%s"}\n' "$PWD/up"
		printf 'environments:\n'
		printf '  - {name: linux, os: linux, os-distribution: debian, '
		printf 'os-family: debian, arch: x86_64}\n'
		if [ -n "${publish-}" ]; then
			printf 'publish: {%s}\n' "$publish"
		elif [ "$kind" = git ]; then
			printf 'publish: {kind: mirror, dir: "%s", ' \
				"$PWD/mirror"
			printf 'url: "file://%s"}\n' "$PWD/mirror"
		fi
	} >"$1/relctl.yml"
	printf 'relctl.yml\n' >>"$1/.git/info/exclude"
}

# world_state FILE: what the outside sees of remote, mirror and source.
world_state() {
	{
		if [ "$kind" = git ]; then
			git -C dev.git for-each-ref
			git -C dev.git ls-tree -r HEAD
			find mirror -type f -exec sha256sum {} +
		else
			find dev ! -name '.relctl-*' -printf '%y %m %P\n'
			find dev -type f ! -name '.relctl-*' \
				-exec sha256sum {} +
		fi | sort
		git -C source-origin.git for-each-ref
		git -C source for-each-ref
		git -C source status --short --branch
		git -C source ls-files -s
		find source -path source/.git -prune -o -type f \
			-exec sha256sum {} + | sort
	} >"$1"
}

# world_check: git's opinion of all repositories.
world_check() {
	git -C source fsck --strict --no-dangling >fsck 2>&1 ||
		die "source: $(cat fsck)"
	git -C source-origin.git fsck --strict --no-dangling >fsck 2>&1 || die "origin: $(cat fsck)"
	[ "$kind" != git ] || git -C dev.git fsck --strict --no-dangling >fsck 2>&1 ||
		die "dev: $(cat fsck)"
}
