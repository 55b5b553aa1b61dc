#!/bin/sh
# What may go wrong with the cache: two runs at once, a run killed at any
# moment, a damaged pack, a full disk, a cache that cannot be written.
# shellcheck source=tests/unit/git/probe.sh
. "$RELCTL_SOURCE_DIR/tests/unit/git/probe.sh"

make_project
# Some bulk, so that a transfer takes its time.
dd if=/dev/urandom bs=1024 count=8192 2>/dev/null |
	split -b 16384 - "$DIR/work/bulk"
commit_files "$DIR/work" bulk
git -C "$DIR/work" push -q "$REPOS/project.git" main
start servers_git_daemon "$REPOS"
URL=git://127.0.0.1:$GIT_PORT/project.git
TIP=$(commit main)

# Runs at once; the same answer for all.
rm -rf "$CACHE"
for i in 1 2 3 4; do
	"$PROBE" -c "$CACHE" "$URL" HEAD~1 >"$DIR/out$i" 2>&1 &
	eval "pid$i=\$!"
done
for i in 1 2 3 4; do
	eval "wait \$pid$i" || fail "run $i: $(cat "$DIR/out$i")"
	[ "$(head -n 1 "$DIR/out$i")" = "$TIP" ] || fail "run $i"
done
fsck

# Killed after ever more time: the next run succeeds at once.
rm -rf "$CACHE"
for ms in 005 01 02 03 05 08 12 2 3; do
	"$PROBE" -c "$CACHE" "$URL" >/dev/null 2>&1 &
	victim=$!
	sleep "0.$ms"
	kill -9 $victim 2>/dev/null || :
	wait $victim 2>/dev/null || :
	[ "$ms" != 03 ] || rm -rf "$CACHE"
done
# A git whose starter was killed ends when it notices the closed pipe;
# until then its locks are its own.
servers_await sh -c "! ps ax | grep -q '[-]-git-dir $CACHE'" ||
	fail "git goes on"
expect "$TIP $(commit main~1)" "$URL" HEAD~1
fsck

# Interrupted: says so soon, and leaves no git behind.
rm -rf "$CACHE"
"$PROBE" -c "$CACHE" "$URL" >"$DIR/out" 2>"$DIR/err" &
victim=$!
servers_await test -d "$CACHE/git" || fail "nothing happens"
kill -TERM $victim 2>/dev/null || :
if wait $victim; then
	echo "note: the transfer was faster than the interruption"
else
	grep -q '^error -8: .*interrupted' "$DIR/err" ||
		fail "not interrupted: $(cat "$DIR/err")"
	servers_await sh -c "! ps ax | grep -q '[-]-git-dir $CACHE'" ||
		fail "git goes on"
fi
expect "$TIP" "$URL"

# A server that never answers: given up.
rm -rf "$CACHE"
GIT_SSH_COMMAND="sleep 60;:"
export GIT_SSH_COMMAND
expect_error -2 'no word for 1 seconds' -s 1 \
	"ssh://remote.example.org/project.git"
# One that always says something, and never what is asked: too.
export GIT_SSH_VARIANT=ssh
GIT_SSH_COMMAND="while echo working >&2; do sleep 0.2; done;:"
expect_error -7 'not done after 1 seconds' -t 1 \
	"ssh://remote.example.org/project.git"
# One that sends more than there is place for.
GIT_SSH_COMMAND="git-upload-pack $REPOS/project.git;:"
expect_error -7 'more than 1000000 bytes' -m 1000000 \
	"ssh://remote.example.org/project.git"
# One with ids that are not read here.
git init -q --bare --object-format=sha256 "$REPOS/long.git"
git -C "$REPOS/long.git" update-ref HEAD "$(git -C "$REPOS/long.git" \
	commit-tree -m x "$(git -C "$REPOS/long.git" mktree </dev/null)")"
GIT_SSH_COMMAND="git-upload-pack $REPOS/long.git;:"
expect_error -2 'SHA-256 ids are not supported' \
	"ssh://remote.example.org/long.git"
unset GIT_SSH_COMMAND GIT_SSH_VARIANT

# What a killed git leaves behind is removed.
rm -rf "$CACHE"
expect "$TIP" "$URL"
for repo in "$CACHE"/git/*; do
	[ -d "$repo" ] || continue
	: >"$repo/shallow.lock"
	: >"$repo/refs/relctl/HEAD.lock"
	: >"$repo/objects/pack/tmp_pack_abc123"
done
commit_files "$DIR/work" after
git -C "$DIR/work" push -q "$REPOS/project.git" main
TIP=$(commit main)
expect "$TIP $(commit main~2)" "$URL" HEAD~2
left=$(find "$CACHE" -name '*.lock' ! -path "$CACHE/git/*.lock" -o \
	-name 'tmp_*')
[ -z "$left" ] || [ "$(dirname "$left")" = "$CACHE/git" ] ||
	fail "left over: $left"

# Where a git without its starter still works, the wait for it is
# interrupted, too.
for repo in "$CACHE"/git/*; do
	[ -d "$repo" ] || continue
	: >"$repo/shallow.lock"
	(exec 9>>"$repo.child" && flock 9 && exec sleep 20) &
	holder=$!
	servers_await sh -c "! flock -n '$repo.child' true"
	"$PROBE" -c "$CACHE" "$URL" >"$DIR/out" 2>"$DIR/err" &
	victim=$!
	sleep 0.5
	kill -TERM $victim
	(sleep 2 && kill -KILL $victim) 2>/dev/null &
	killer=$!
	wait $victim || :
	grep -q '^error -8: .*interrupted' "$DIR/err" ||
		fail "not interrupted: $(cat "$DIR/err")"
	kill $killer 2>/dev/null || :
	kill $holder
	wait $holder $killer 2>/dev/null || :
done
expect "$TIP" "$URL"

# So is what a run leaves that was killed while it made the cache.
for repo in "$CACHE"/git/*; do
	[ -d "$repo" ] || continue
	rm -rf "$repo"
	mkdir "$repo.new"
	: >"$repo.new/config.lock"
	: >"$repo.new/HEAD.lock"
done
expect "$TIP $(commit main~2)" "$URL" HEAD~2

# A pack cut short is told, with what to do.
for pack in "$CACHE"/git/*/objects/pack/*.pack; do
	chmod u+w "$pack"
	truncate -s -100 "$pack"
done
expect_error -2 'cut short or damaged' -o "$URL" HEAD~1
rm -rf "$CACHE"

# A cache that cannot be written.
: >"$DIR/file"
OLD_CACHE=$CACHE
CACHE=$DIR/file
expect_error -2 'cache cannot be written.*--offline' "$URL"
CACHE=$OLD_CACHE
expect "$TIP" "$URL"
if mkdir "$DIR/ro" && mount --bind "$CACHE" "$DIR/ro" 2>/dev/null &&
	mount -o remount,ro,bind "$DIR/ro" 2>/dev/null; then
	CACHE=$DIR/ro
	expect_error -2 'ead-only file system' "$URL"
	expect "$TIP" -o "$URL"
	umount "$DIR/ro"
fi
umount "$DIR/ro" 2>/dev/null || :
CACHE=$OLD_CACHE

# A full disk, where a small file system may be mounted.
mkdir "$DIR/small"
if mount -t tmpfs -o size=1m tmpfs "$DIR/small" 2>/dev/null; then
	CACHE=$DIR/small
	expect_error -2 'o space left on device' "$URL"
	umount "$DIR/small"
	CACHE=$OLD_CACHE
fi
echo "$checks checks passed"
