#!/bin/sh
# Fetching from git daemon.
# shellcheck source=tests/unit/git/probe.sh
. "$RELCTL_SOURCE_DIR/tests/unit/git/probe.sh"

make_project
git init -q --bare -b main "$REPOS/empty.git"
start servers_git_daemon "$REPOS"
BASE=git://127.0.0.1:$GIT_PORT
URL=$BASE/project.git

# First contact is shallow; --since brings as much history as it needs.
expect "$(commit main)" "$URL"
[ "$(depth refs/relctl/HEAD)" = 1 ] || fail "not shallow"
expect "$(commit main) $(commit main~1) $(commit main~3)" "$URL" HEAD~1 HEAD~3
[ "$(depth refs/relctl/HEAD)" = 4 ] || fail "deeper than asked"
expect "$(commit main) $(commit main)" "$URL" HEAD
fsck

# What --since has brought stays, and new commits join it.
commit_files "$DIR/work" c10
git -C "$DIR/work" push -q "$REPOS/project.git" main
expect "$(commit main)" "$URL"
[ "$(depth refs/relctl/HEAD)" = 5 ] || fail "history lost or all fetched"
expect "$(commit main) $(commit main~8)" "$URL" HEAD~8
fsck

# Branches, tags, commits; names with slashes; both kinds of tag.
expect "$(commit release/2)" -r release/2 "$URL"
expect "$(commit v1.0) $(commit v1.0~1)" -r v1.0 "$URL" v1.0~1
expect "$(commit v2/final)" -r v2/final "$URL"
expect "$(commit refs/tags/v1.0)" -r refs/tags/v1.0 "$URL"
expect "$(commit main) $(commit v1.0) $(commit release/2~2)" "$URL" v1.0 release/2~2
expect "$(commit main~6)" -r "$(commit main~6)" "$URL"
expect "$(commit main~7)" -r "$(commit main~7 | cut -c 1-9)" "$URL"
expect "$(commit main) $(commit main~5)" "$URL" "$(commit main~5)"
fsck

# Forced pushes are followed.
git -C "$DIR/work" push -q -f "$REPOS/project.git" main~3:release/2
expect "$(commit main~3)" -r release/2 "$URL"

# Offline: what is there, no more.
expect "$(commit main) $(commit main~2)" -o "$URL" HEAD~2
expect "$(commit release/2)" -o -r release/2 "$URL"
expect_error -4 'nothing is not in the cache; run once without' \
	-o -r nothing "$URL"
expect_error -4 'not in the cache' -o "$BASE/other.git"

# What is not there.
expect_error -4 "no revision 'relase/2'; there is release/2, " \
	-r relase/2 "$URL"
expect_error -4 'further back than the history' "$URL" HEAD~100
expect_error -4 "no revision 'nope'" "$URL" nope
expect_error -4 'repository is empty' "$BASE/empty.git"
expect_error -4 'not exported' "$BASE/missing.git"
expect_error -4 'no revision' -r 0123456789012345678901234567890123456789 "$URL"
expect_error -2 'onnection refused' "git://127.0.0.1:1/project.git"
expect_error -9 'no branch, tag or commit' -r 'a:b' "$URL"
expect_error -9 'no branch, tag or commit' -r '--upload-pack=x' "$URL"
expect_error -9 'no branch, tag or commit' "$URL" '--upload-pack=x'

# Progress is heard; a repository on disk is opened in place.
rm -rf "$CACHE"
expect "$(commit main) progress heard" -p "$URL"
rm -rf "$CACHE"
expect "$(commit main) $(commit main~1)" "$REPOS/project.git" HEAD~1
expect "$(commit v1.0)" -r v1.0 "git+file://$REPOS/project.git"
[ ! -e "$CACHE" ] || fail "a local repository was copied"

# Whole history at once, and from a shallow one.
expect "$(commit main)" -w "$URL"
[ "$(depth refs/relctl/HEAD)" = 10 ] || fail "not the whole history"
rm -rf "$CACHE"
expect "$(commit main)" "$URL"
expect "$(commit main)" -w "$URL"
[ "$(depth refs/relctl/HEAD)" = 10 ] || fail "not the whole history"

# Without git: what is in the cache and on this disk, and one clear error for
# the rest.
TIP=$(commit main)
OLD=$(commit main~6)
mkdir "$DIR/no-git"
for tool in cat grep tr; do
	ln -s "$(command -v $tool)" "$DIR/no-git/$tool"
done
OLD_PATH=$PATH
# shellcheck disable=SC2123 # without git
PATH=$DIR/no-git
expect_error -2 'cannot fetch: git is not installed.*install it' "$URL"
expect_error -2 'git is not installed' -r "$OLD" "$BASE/other.git"
expect "$TIP" -o "$URL"
expect "$TIP" "$REPOS/project.git"
PATH=$OLD_PATH
echo "$checks checks passed"
