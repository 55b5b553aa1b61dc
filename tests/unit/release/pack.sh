# shellcheck shell=sh
# For pack_test.sh and export_test.sh: source it with RELCTL_SOURCE_DIR and
# PROBE (the program pack_probe) set.  Gives DIR and the checks below.
set -eu
umask 022
unset HOME XDG_CONFIG_HOME GIT_DIR TAR_OPTIONS || :
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null LC_ALL=C TZ=UTC
export GIT_AUTHOR_NAME=Tester GIT_AUTHOR_EMAIL=tester@example.org
export GIT_COMMITTER_NAME=Committer GIT_COMMITTER_EMAIL=c.o@example.org
export GIT_AUTHOR_DATE='1700000000 -0130' GIT_COMMITTER_DATE='1700000001 +0500'
DIR=$(mktemp -d "${TMPDIR:-/tmp}/relctl-test-XXXXXX")
trap 'rm -rf "$DIR"' EXIT
cd "$DIR"
export XDG_CACHE_HOME="$DIR/cache"

fail()
{
	echo "FAILED: $*" >&2
	exit 1
}

# commit REPO: everything in its work tree
commit()
{
	git -C "$1" add -A 2>/dev/null || fail "git add in $1"
	git -C "$1" commit -q --allow-empty -m "${2:-A subject

A body.}"
}

new_repo()
{
	rm -rf "$1"
	git init -q -b main "$1"
}

# listing ARCHIVE: what is in it, without the names of owners
listing()
{
	tar --full-time --numeric-owner --quoting-style=escape -tvf "$1"
}

# unpack ARCHIVE DIRECTORY
unpack()
{
	rm -rf "$2"
	mkdir "$2"
	tar -xpf "$1" -C "$2"
}

# agree REPO: the archive of its HEAD holds what git archive gives, and is read
# back as equal
agree()
{
	"$PROBE" pack "$1" HEAD - p 1 tar ours.tar >/dev/null
	git -C "$1" archive --prefix=p-1/ HEAD >theirs.tar 2>/dev/null
	listing ours.tar >ours
	listing theirs.tar >theirs
	cmp ours theirs || { diff theirs ours >&2; fail "listing of $1"; }
	unpack ours.tar x-ours
	unpack theirs.tar x-theirs
	diff -r --no-dereference x-theirs x-ours >&2 || fail "content of $1"
	"$PROBE" check "$1" HEAD - p 1 theirs.tar >report ||
		fail "check of $1: $(cat report)"
}

# refused REPO TEXT: packing ends with an error that has TEXT, and leaves no
# file behind
refused()
{
	status=0
	"$PROBE" pack "$1" HEAD - p 1 tbz refused.tbz 2>text || status=$?
	[ $status = 3 ] || fail "$1: status $status"
	grep -qF -- "$2" text || fail "$1: $(cat text)"
	[ "$(wc -l <text)" = 1 ] || fail "$1: more than a line: $(cat text)"
	[ ! -e refused.tbz ] || fail "$1: left an archive"
	for file in .relctl-*; do
		[ ! -e "$file" ] || fail "$1: left $file"
	done
}
