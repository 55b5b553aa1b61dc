#!/bin/sh
# Archives: the same bytes everywhere, what git archive gives, read back.
# shellcheck source=tests/unit/release/pack.sh
. "$RELCTL_SOURCE_DIR/tests/unit/release/pack.sh"

repeat() # TEXT COUNT
{
	text=
	i=0
	while [ $i -lt "$2" ]; do
		text=$text$1
		i=$((i + 1))
	done
	echo "$text"
}

# A tree with all that is hard about names, modes and links.
new_repo r
mkdir -p r/src/deep r/bin
echo 'let x = 1' >r/src/a.ml
printf '#!/bin/sh\n' >r/bin/run
chmod 755 r/bin/run
: >r/empty
ln -s ../src/a.ml r/bin/link
ln -s nowhere r/dangling
ln -s "src/$(repeat n 150)" r/long-target
echo 1 >"r/$(repeat a 99)"
echo 2 >"r/$(repeat b 100)"
echo 3 >"r/$(repeat c 101)"
echo 4 >"r/$(repeat d 255)"
long=r
for part in e f g h; do
	long=$long/$(repeat $part 90)
	mkdir -p "$long"
	echo "$part" >"$long/file"
done
printf 'u' >"r/src/$(printf '\303\251t\303\251 \360\237\220\253')"
printf 'q' >"r/src/ \"quo'ted\" \$x; *?[a] -n"
printf 'o' >r/-option
echo x >r/foo-bar
mkdir r/foo
echo x >r/foo/x
echo x >r/foo.ml
head -c 3000000 /dev/zero >r/zeros
# shellcheck disable=SC2016
printf '%s\n' '$Format:%H %h %ad %aD %ai %aI %as %at %an <%ae> %al %s|%b|%B$' \
	'$Format:%n%x41%%%P|%p|%T %t %cn %ce %cl %cd %ct$ $Format:$ $Format:%H' \
	>r/subst
printf 'subst export-subst\n' >r/.gitattributes
commit r 'A subject
in two lines

First.

Second.'
git -C r tag -a -m 1 1.0
agree r

# Digests and sizes, in every format.
"$PROBE" pack r HEAD 1.0 p 1 tar >plain
tar_digest=$(sed -n 's/^tar //p' plain)
for format in tbz:bzip2 tar.gz:gzip tar.xz:xz tar.zst:zstd; do
	tool=${format#*:}
	format=${format%:*}
	file=p-1.$format
	"$PROBE" pack r HEAD 1.0 p 1 "$format" "$file" >said
	{
		echo "sha256 $(sha256sum <"$file" | cut -d' ' -f1)"
		echo "sha512 $(sha512sum <"$file" | cut -d' ' -f1)"
		echo "tar $tar_digest"
	} >expected
	head -n 3 said | cmp - expected || fail "digests of $file"
	grep -q "^size $(wc -c <"$file") tar" said || fail "size of $file"
	if command -v "$tool" >/dev/null; then
		"$tool" -t -q "$file" || fail "$tool -t $file"
		[ "$("$tool" -dc "$file" | sha256sum | cut -d' ' -f1)" = \
			"$tar_digest" ] || fail "tar inside $file"
	fi
	"$PROBE" check r HEAD 1.0 p 1 "$file" >/dev/null ||
		fail "check of $file"
done

# The same bytes from another clone, user, umask, time zone, locale, file
# system, on one processor, with a configured git.
same() # WHAT; the file is other.*
{
	cmp "p-1.$format" "other.$format" || fail "other bytes: $1"
	rm -f "other.$format"
}
git clone -q r clone
git -C clone gc -q --aggressive
git clone -q --bare --depth 1 "file://$DIR/r" bare
printf 'subst -export-subst\nempty export-ignore\n* eol=crlf ident\n' \
	>r/.git/info/attributes
printf '[core]\n autocrlf = true\n abbrev = 12\n attributesFile = %s\n' \
	"$DIR/r/.git/info/attributes" >config
# What the format has a part in: threads, locale, time zone.
for format in tar.gz tar.xz tar.zst tbz; do
	(
		umask 077
		export TZ=Asia/Tokyo LC_ALL=C.UTF-8 GIT_CONFIG_GLOBAL="$DIR/config"
		export LANGUAGE=de GIT_DIR=/nowhere HOME="$DIR"
		taskset 1 "$PROBE" pack r HEAD 1.0 p 1 $format other.$format \
			>/dev/null
	)
	same "umask, time zone, locale, one processor"
done
# What only the tar inside can depend on: one format is enough.
format=tbz
"$PROBE" pack clone HEAD 1.0 p 1 $format other.$format >/dev/null
same clone
"$PROBE" pack bare HEAD 1.0 p 1 $format other.$format >/dev/null
same "bare clone"
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 .
	mkdir -p theirs.d
	chmod 777 theirs.d
	XDG_CACHE_HOME=$DIR/theirs.d/cache \
		setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$PROBE" pack r HEAD 1.0 p 1 $format \
		theirs.d/other.$format >/dev/null
	mv theirs.d/other.$format .
	same "another user"
fi
if [ -d /dev/shm ] && [ -w /dev/shm ]; then
	shm=$(mktemp -d /dev/shm/relctl-test-XXXXXX)
	git clone -q r "$shm/r"
	"$PROBE" pack "$shm/r" HEAD 1.0 p 1 $format "$shm/other" \
		>/dev/null || fail "packing in memory"
	mv "$shm/other" other.$format
	rm -rf "$shm"
	same "another file system"
fi
rm r/.git/info/attributes

# Every difference is found and named.
differs() # TEXT
{
	status=0
	"$PROBE" check r HEAD 1.0 p 1 bad.tar >report 2>&1 || status=$?
	[ $status = 1 ] || fail "tampered ($1): status $status $(cat report)"
	grep -qF -- "$1" report || fail "tampered ($1): $(cat report)"
}
tamper() # TEXT COMMAND…: run in a copy of the tree, then compare
{
	unpack p-1.tbz t
	text=$1
	shift
	(cd t/p-1 && "$@")
	tar -cf bad.tar -C t p-1
	differs "$text"
}
tamper 'src/a.ml: missing from the archive' rm src/a.ml
tamper 'new: not in the tag' touch new
tamper 'src/a.ml: other content' sh -c 'echo >>src/a.ml'
tamper 'src/a.ml: executable in only one of them' chmod +x src/a.ml
tamper 'bin/link: another link target' ln -sfn ../src/b.ml bin/link
tamper 'bin/link: of another kind' sh -c 'rm bin/link; cp src/a.ml bin/link'
# shellcheck disable=SC2016
tamper '21 differences' sh -c 'for i in $(seq 21); do touch "new$i"; done'
[ "$(grep -c '^new.*not in the tag$' report)" = 20 ] || fail "more than 20 told"
unpack p-1.tbz t
tar -cf bad.tar -C t p-1 p-1/empty
differs 'empty: more than once in the archive'
tar -cf bad.tar -C t/p-1 .
differs 'top directory is "", not "p-1"'
# What tar would not unpack to the tag's tree, whatever libarchive reads:
# a directory in the place of a file, a hard link to elsewhere, or before what
# it names, or with another mode; modes that nobody can work with
mkdir -p t2/p-1/empty
tar -cf bad.tar -C t p-1
tar -rf bad.tar -C t2 p-1/empty
differs 'empty: more than once in the archive'
ln -f t/p-1/foo/x t/p-1/foo.ml
tar -cf bad.tar --transform='flags=RSh;s,^p-1/,q-1/,' -C t p-1
tar -tvf bad.tar | grep -q ' link to q-1/foo' || fail 'no link to elsewhere'
differs 'of another kind'
tar -cf bad.tar -C t p-1/foo.ml p-1/foo
tar --delete -f bad.tar p-1/foo.ml
tar -rf bad.tar -C t p-1/foo.ml
tar -tvf bad.tar | grep -q ' p-1/foo/x link to p-1/foo.ml' || fail 'no link'
differs 'foo/x: of another kind'
tamper 'bin/run: has a set-id or sticky bit' chmod 4755 bin/run
tamper 'bin: has a set-id or sticky bit' chmod 2755 bin
tamper 'src/a.ml: is a file that its owner cannot read' chmod 0 src/a.ml
unpack p-1.tbz t
tar --no-recursion --mode=0 -cf bad.tar -C t p-1
(cd t && find p-1 -mindepth 1 -print0) |
	tar --no-recursion -rf bad.tar --null -C t -T -
differs 'p-1: is a directory that its owner cannot enter or write'
tar -cf bad.tar -C t p-1
gzip -c bad.tar | gzip -c >twice
mv twice bad.tar
differs '.: is packed twice'
# Order, times, owners, empty directories and hard links do not count.
mkdir t/p-1/none
ln -f t/p-1/foo/x t/p-1/foo.ml
tar --sort=none --mtime=@0 --owner=1000 -cf good.tar -C t p-1
"$PROBE" check r HEAD 1.0 p 1 good.tar >report || fail "$(cat report)"
for size in 0 1 100 700; do
	head -c $size p-1.tbz >bad.tbz
	status=0
	"$PROBE" check r HEAD 1.0 p 1 bad.tbz >report 2>&1 || status=$?
	[ $status = 3 ] || fail "cut short to $size: $status $(cat report)"
done

# What cannot be written leaves what was there.
echo old >old.tbz
cp old.tbz before
if (
	ulimit -f 2000
	trap '' XFSZ
	exec "$PROBE" pack r HEAD 1.0 p 1 tar old.tbz
) 2>text >&2; then
	fail "wrote over the limit"
fi
grep -q 'too large' text || fail "full disk: $(cat text)"
cmp before old.tbz
for file in .relctl-*; do
	[ ! -e "$file" ] || fail "left $file"
done
if "$PROBE" pack r HEAD 1.0 p 1 tbz no/such/dir/p.tbz 2>text >&2; then
	fail "wrote to no directory"
fi
for name in a/b .. ''; do
	if "$PROBE" pack r HEAD 1.0 "$name" 1/x tbz 2>text >&2; then
		fail "took the name '$name'"
	fi
done

# Memory does not grow with the tree: one file of 100 MB, and 100 of 1 MB.
new_repo big
head -c 100000000 /dev/urandom >big/one
mkdir big/many
for i in $(seq 100); do
	head -c 1000000 /dev/urandom >"big/many/$i"
done
git -C big config core.compression 0
commit big
git -C big repack -adq
PACK_MEMORY=1 "$PROBE" pack big HEAD - p 1 tar big.tar 2>memory >/dev/null
read -r own children <memory
# The sanitizers have memory of their own.
if ! grep -q __asan_init "$PROBE"; then
	[ "$own" -lt 90000 ] || fail "takes $own KiB"
	[ "$children" -lt 90000 ] || fail "git takes $children KiB"
fi
git -C big archive --prefix=p-1/ HEAD | tar -x
tar -xOf big.tar p-1/one | cmp - p-1/one
"$PROBE" check big HEAD - p 1 big.tar >report || fail "$(cat report)"
status=0
PATH=/nowhere "$PROBE" pack big HEAD - p 1 tar other.tar 2>text || status=$?
[ $status = 3 ] || fail "no git program: status $status"
grep -q 'git is not installed' text || fail "no git program: $(cat text)"
[ ! -e other.tar ] || fail "no git program: an archive"
