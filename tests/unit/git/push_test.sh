#!/bin/sh
# Writing to remotes: local ones, git daemon, sshd, http; hooks, races, kills.
# shellcheck source=tests/unit/git/probe.sh
. "$RELCTL_SOURCE_DIR/tests/unit/git/probe.sh"

PROBE=$PUSH_PROBE
make_project
REPO=$REPOS/project.git

# push WANTED ARGUMENTS…: the first word(s) the probe prints
push()
{
	wanted=$1
	shift
	"$PROBE" -c "$CACHE" "$@" >"$DIR/out" 2>"$DIR/err" ||
		fail "push $*: $(cat "$DIR/err")"
	grep -q -- "$wanted" "$DIR/out" ||
		fail "push $*: no '$wanted' in: $(cat "$DIR/out")"
	checks=$((checks + 1))
	[ ! -d "$CACHE/write" ] || [ -z "$(ls "$CACHE/write")" ] ||
		fail "a scratch repository is left: $(ls "$CACHE/write")"
}

# content REPO REVISION:PATH TEXT: what is there, and git likes it all
content()
{
	[ "$(git -C "$1" show "$2")" = "$3" ] ||
		fail "$1 $2: $(git -C "$1" show "$2"), not $3"
	git -C "$1" fsck --strict --no-dangling 2>"$DIR/fsck" ||
		fail "git fsck: $(cat "$DIR/fsck")"
	checks=$((checks + 1))
}

tip()
{
	git -C "$REPO" rev-parse "${1-main}"
}

# round LOCATION EMPTY: what is the same with every kind of server
round()
{
	before=$(tip)
	push 'done' "$1" packages/b/opam one
	content "$REPO" main:packages/b/opam one
	[ "$(tip main~1)" = "$before" ] || fail "not on the tip"
	push 'done' -b release/2 "$1" x/y two
	content "$REPO" release/2:x/y two
	git -C "$REPO" update-ref -d refs/heads/fresh
	push 'done' -b fresh "$1" x/y three
	content "$REPO" fresh:x/y three
	[ "$(git -C "$REPO" rev-list --count fresh)" = 1 ] || fail "not unborn"
	git -C "$REPO" update-ref -d refs/tags/t1
	push 'done' -t t1 "$1" x four
	[ "$(tip t1)" = "$(tip)" ] || fail "no tag"
	# The tag is there: all or nothing.
	before=$(tip)
	push 'raced refs/tags/t1' -t t1 "$1" x five
	[ "$(tip)" = "$before" ] || fail "half a push"
	# Somebody else is faster.
	race "$1" 'raced refs/heads/main'
	race "$1" 'done' -r 3
	content "$REPO" main:race mine
	content "$REPO" main:foreign theirs
	# An empty remote, whose HEAD names another branch than usual.
	rm -rf "$REPOS/empty.git"
	git init -q --bare -b trunk "$REPOS/empty.git"
	push 'done' "$2" a/b first
	content "$REPOS/empty.git" trunk:a/b first
	# A hook says no.
	cat >"$REPO/hooks/pre-receive" <<-'END'
		#!/bin/sh
		printf 'policy: no releases on\033[31m Friday\n' >&2
		exit 1
	END
	chmod +x "$REPO/hooks/pre-receive"
	before=$(tip)
	push 'rejected refs/heads/main: policy: no releases on .31m Friday' \
		-t t2 "$1" x six
	grep -q '; pre-receive hook declined' "$DIR/out" || fail "no reason"
	rm "$REPO/hooks/pre-receive"
	[ "$(tip)" = "$before" ] || fail "pushed all the same"
	git -C "$REPO" rev-parse -q --verify t2 && fail "half a push"
	git -C "$REPO" fsck --strict --no-dangling || fail "fsck"
}

# race LOCATION WANTED [ARGUMENTS…]: a commit comes between look and push
race()
{
	where=$1
	wanted=$2
	shift 2
	"$PROBE" -c "$CACHE" -w "$DIR/wait" "$@" "$where" race mine \
		>"$DIR/out" 2>"$DIR/err" &
	probe=$!
	servers_await test -e "$DIR/wait" || fail "never ready"
	git -C "$DIR/work" pull -q --rebase "$REPO" main
	echo theirs >"$DIR/work/foreign"
	git -C "$DIR/work" add foreign
	git -C "$DIR/work" commit -q --allow-empty -m foreign
	git -C "$DIR/work" push -q "$REPO" HEAD:main
	foreign=$(tip)
	rm "$DIR/wait"
	while kill -0 $probe 2>/dev/null; do
		rm -f "$DIR/wait"
		sleep 0.05
	done
	wait $probe || fail "race: $(cat "$DIR/err")"
	grep -q "$wanted" "$DIR/out" || fail "race: $(cat "$DIR/out")"
	git -C "$REPO" merge-base --is-ancestor "$foreign" main ||
		fail "a foreign commit is gone"
}

echo "local"
round "$REPO" "$REPOS/empty.git"
round "git+file://$REPO" "file://$REPOS/empty.git"

# Protection of the receiving side holds.
git -C "$REPO" config receive.denyDeletes true
git clone -q "$REPO" "$DIR/clone"
push 'rejected refs/heads/main: .*refusing to update' "$DIR/clone" x y
grep -q '; branch is currently checked out' "$DIR/out" || fail "no reason"
git -C "$DIR/clone" checkout -q --detach
expect_error -9 'HEAD names no branch' "$DIR/clone" x y
push 'done' -b main "$DIR/clone" x y
mkdir "$DIR/plain"
expect_error -4 'does not appear to be a git repository' "$DIR/plain" x y
expect_error -4 'No such file' "$DIR/nowhere" x y
expect_error -9 "no branch named 'a b'" -b 'a b' "$REPO" x y
# A lock that another git holds.
: >"$REPO/refs/heads/main.lock"
push 'raced refs/heads/main' "$REPO" x z
rm "$REPO/refs/heads/main.lock"
# A server that changes only one reference at a time.
git -C "$REPO" config receive.advertiseAtomic false
push 'done' -t t3 "$REPO" x single
[ "$(tip t3)" = "$(tip)" ] || fail "no tag"
git -C "$REPO" config --unset receive.advertiseAtomic

# A remote that cannot be written.
mkdir "$DIR/ro"
if mount --bind "$REPO" "$DIR/ro" 2>/dev/null &&
	mount -o remount,ro,bind "$DIR/ro" 2>/dev/null; then
	"$PROBE" -c "$CACHE" "$DIR/ro" x w >"$DIR/out" 2>&1 || :
	umount "$DIR/ro"
	grep -q '^rejected refs/heads/main: .*unable to create' "$DIR/out" ||
		fail "read-only: $(cat "$DIR/out")"
fi
umount "$DIR/ro" 2>/dev/null || :

# Killed at ever later moments: the remote is before or behind, and the next
# push goes through and clears up.
before=$(tip)
for ms in 01 02 03 04 05 06 08 10 12 15 20 30; do
	"$PROBE" -c "$CACHE" -t "k$ms" "$REPO" kill "$ms" >/dev/null 2>&1 &
	victim=$!
	sleep "0.$ms"
	kill -9 $victim 2>/dev/null || :
	wait $victim 2>/dev/null || :
	# the far end, which nobody killed, may be between two references
	servers_await sh -c "! ps ax |
		grep -qE '[-]-git-dir $CACHE|[r]eceive-pack.*$REPO'" ||
		fail "git goes on"
	if git -C "$REPO" rev-parse -q --verify "k$ms" >/dev/null; then
		[ "$(tip "k$ms")" = "$(tip)" ] || fail "half a push"
	else
		[ "$(git -C "$REPO" show main:kill 2>/dev/null)" != "$ms" ] ||
			fail "half a push"
	fi
done
push 'done' "$REPO" kill last
content "$REPO" main:kill last

# Two writers at once, ten times each: nothing is lost.
for who in a b; do
	for i in 1 2 3 4 5 6 7 8 9 10; do
		"$PROBE" -c "$CACHE" -r 50 "$REPO" "many/$who$i" "$i" || exit 1
	done >"$DIR/out-$who" 2>&1 &
	eval "pid_$who=\$!"
done
eval "wait \$pid_a" || fail "$(cat "$DIR/out-a")"
eval "wait \$pid_b" || fail "$(cat "$DIR/out-b")"
[ "$(git -C "$REPO" ls-tree --name-only main:many | wc -l)" = 20 ] ||
	fail "a push is lost"

echo "git daemon"
start servers_git_daemon "$REPOS"
BASE=git://127.0.0.1:$GIT_PORT
expect_error -4 'not exported' "$BASE/nowhere.git" x y
expect_error -4 'cannot push: .*access denied' "$BASE/project.git" x y
git -C "$REPO" config daemon.receivepack true
push 'done' "$BASE/project.git" packages/d/opam daemon
content "$REPO" main:packages/d/opam daemon
race "$BASE/project.git" 'done' -r 3

echo "http"
start servers_nginx "$REPOS"
git -C "$REPO" config http.receivepack true
HTTP=http://127.0.0.1:$HTTP_PORT
rm -rf "$REPOS/empty.git"
git init -q --bare -b trunk "$REPOS/empty.git"
push 'done' "$HTTP/git/project.git" packages/h/opam http
content "$REPO" main:packages/h/opam http
race "$HTTP/git/project.git" 'done' -r 3
git -C "$REPOS/empty.git" config http.receivepack true
push 'done' "$HTTP/git/empty.git" a/b first
content "$REPOS/empty.git" trunk:a/b first
expect_error -10 'token' "$HTTP/private/project.git" x y
push 'done' "http://tester:secret@127.0.0.1:$HTTP_PORT/private/project.git" \
	packages/h/opam private
content "$REPO" main:packages/h/opam private
grep -r 'secret' "$CACHE" >/dev/null && fail "a password is in the cache"
git -C "$REPO" config http.receivepack false
expect_error -10 'error: 403' "$HTTP/git/project.git" x y
git -C "$REPO" config http.receivepack true
printf 'machine localhost login tester password secret\n' >"$DIR/netrc"
NETRC=$DIR/netrc
export NETRC
push 'done' -a "$DIR/servers/ca.pem" \
	"https://localhost:$HTTPS_PORT/private/project.git" x tls
unset NETRC
expect_error -2 'SSL_CERT_FILE' \
	"https://localhost:$HTTPS_PORT/git/project.git" x y

echo "ssh"
start servers_sshd
SSH_DIR=$DIR/servers
GIT_SSH_COMMAND="ssh -F $SSH_DIR/ssh-config"
export GIT_SSH_COMMAND
URL=ssh://127.0.0.1$REPO
expect_error -2 'cannot push: refused: git-receive-pack' "$URL" x y
sed -i "s/\"git-upload-pack '\"\*)/git-upload-pack* | git-receive-pack*)/" \
	"$SSH_DIR/only-upload-pack"
git -C "$REPO" config --unset-all http.receivepack || :
round "$URL" "ssh://127.0.0.1$REPOS/empty.git"
GIT_SSH_COMMAND="sleep 60;:"
expect_error -2 'no word for 1 seconds' -s 1 "$URL" x y
echo "$checks checks passed"
