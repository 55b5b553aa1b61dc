#!/bin/sh
# What is exported, and what is refused; git archive is the judge.
# shellcheck source=tests/unit/release/pack.sh
. "$RELCTL_SOURCE_DIR/tests/unit/release/pack.sh"

# Attributes: precedence, macros, quoting, negation, nesting.
attributes() # TEXT: the root's file; the tree holds some names
{
	new_repo a
	mkdir -p a/docs/api a/src/docs a/test "a/with blank" a/a/x/y
	for file in docs/index docs/api/x src/docs/y src/main.ml test/t.ml \
		'with blank/z' a/x/y/b a/b ab a.tmp src/b.tmp 'star*' back; do
		# shellcheck disable=SC2016
		printf 'one\n$Id$ $Format:%%H$\ntwo\n' >"a/$file"
	done
	printf '%b' "$1" >a/.gitattributes
	printf '%b' "${2:-}" >a/src/.gitattributes
	commit a
	agree a
}
attributes ''
attributes '/docs export-ignore\n'
attributes 'docs export-ignore\n'
attributes 'docs/ export-ignore\n'
attributes 'docs/** export-ignore\n'
attributes 'docs/* export-ignore\n'
attributes '**/docs export-ignore\n'
attributes '**/docs/* export-ignore\n'
attributes '/a/**/b export-ignore\n'
attributes 'a**/b export-ignore\n'
attributes '*.tmp export-ignore\nsrc/*.tmp -export-ignore\n'
attributes '*.tmp export-ignore\nsrc/*.tmp !export-ignore\n'
attributes '*.tmp -export-ignore\nsrc/*.tmp export-ignore export-ignore=x\n'
attributes '*.tmp export-ignore\n' '*.tmp -export-ignore\n'
attributes '' '/docs export-ignore\n.gitattributes export-ignore\n'
attributes '"with blank" export-ignore\n'
attributes '"with\\\\040blank/z" export-ignore\n'
attributes '"bad quote export-ignore\n'
attributes 'star\\\\* export-ignore\n'
attributes '[ab]*[!k] export-ignore\n'
attributes '[[:alpha:]]b export-ignore\n'
attributes '[[:nonsense:]]b export-ignore\n'
attributes '[a export-ignore\n'
attributes '!docs export-ignore\n'
attributes '# comment\n\n  \t docs \t export-ignore\r\n'
attributes 'docs export-ignore -bad!name\n'
attributes '[attr]gone export-ignore\ndocs gone\nsrc -gone\n'
attributes 'docs gone\n[attr]gone export-ignore\n' '[attr]not export-ignore\n'
attributes '[attr]one two\n[attr]two export-ignore one\nsrc/docs one\n'
attributes '* ident\n' 'main.ml -ident\n'
attributes '* export-subst\n' '* -export-subst ident\n'
attributes '* eol=crlf\n*.ml -text\n' 'b.tmp binary\n'
attributes '* text=auto eol=crlf export-subst ident\n'
attributes '* text eol=lf\n' '* crlf eol=crlf\n'
attributes '* crlf=input eol=crlf\n' '* text=input eol=crlf\n'
attributes '* text=auto\n' '* text\n'
attributes '* filter=x\ndocs/** !filter\n* !filter\n'
attributes '* export-ignore\n'
attributes '/* export-ignore\n/src -export-ignore\n'

# Line ends and keywords in odd places.
new_repo e
mkdir e/e
printf 'a\nb\r\nc\n' >e/mixed
printf 'a\rb\n' >e/lone
printf 'a\n\0b\n' >e/nul
printf '\001\002\003\004\n' >e/odd
printf 'a\n\032' >e/end
printf '%0200d\001\n' 1 >e/mostly
: >e/none
printf '\n' >e/newline
# shellcheck disable=SC2016
printf 'a $Id$ $Id: abc $ $Id: a b $ $Id:x$ $Id$x$Id: \n$ $$Id$$ $Id:$ $Id' \
	>e/id
cp e/mixed e/lone e/nul e/odd e/end e/mostly e/none e/newline e/e
printf '* text=auto eol=crlf\nid ident\n' >e/.gitattributes
printf '* eol=crlf\n' >e/e/.gitattributes
commit e
agree e

# Random patterns over random names; the seed is fixed.
awk 'BEGIN {
	srand(7)
	n = split("a b ab a.b .a b- * ** ? [ab] [!a] [a-c]b \\* a* *b a**b", w, " ")
	for (repo = 0; repo < 12; repo++) {
		for (i = 0; i < 25; i++) {
			p = ""
			for (k = int(rand() * 4); k >= 0; k--)
				p = p (p == "" ? (rand() < .2 ? "/" : "") : "/") \
					w[1 + int(rand() * n)]
			if (rand() < .2)
				p = p "/"
			a = rand() < .7 ? "export-ignore" : "-export-ignore"
			print repo, p, a
		}
	}
}' >patterns
new_repo f
for x in a b ab; do
	for y in a.b .a b- aab; do
		mkdir -p "f/$x/$y/a"
		for z in a b c 'a*' bb; do
			echo "$x" >"f/$x/$y/a/$z"
			echo "$y" >"f/$x/$y/$z.c"
		done
	done
	echo >"f/$x-file"
done
for repo in 0 1 2 3 4 5 6 7 8 9 10 11; do
	for line in $(seq 25); do
		# Few rules at a time, or nothing is left.
		awk -v r=$repo -v l="$line" '$1 == r && ++n >= l && n < l + 3 {
			print $2, $3 }' patterns >f/.gitattributes
		[ $((line % 5)) = 0 ] || continue
		commit f
		agree f
	done
done

# A tag is told by %d, %D and %(describe); without one they are empty.  git
# expands one %(describe) an archive.
new_repo d
# shellcheck disable=SC2016
printf '$Format:[%%d][%%D][%%(describe)][%%(describe:tags=true)]$' >d/v
echo 'v export-subst' >d/.gitattributes
commit d
git -C d tag 1.0
git -C d tag other
"$PROBE" pack d HEAD 1.0 p 1 tar d.tar >/dev/null
[ "$(tar -xOf d.tar p-1/v)" = \
	'[ (tag: 1.0)][tag: 1.0][1.0][%(describe:tags=true)]' ] ||
	fail "tag in export-subst: $(tar -xOf d.tar p-1/v)"
"$PROBE" pack d HEAD - p 1 tar d.tar >/dev/null
[ "$(tar -xOf d.tar p-1/v)" = '[][][][%(describe:tags=true)]' ] || fail "no tag in export-subst"

# What depends on the clone, or is not there, is refused.
for placeholder in %ar %N %GK %gd %C'(red)' %Z '%<(10)%s' %; do
	# shellcheck disable=SC2016
	printf '$Format:%s$' "$placeholder" >d/v
	commit d
	refused d '"v": export-subst: %'
done
echo '* filter=lfs' >d/.gitattributes
commit d
refused d 'filter=lfs'
echo '* working-tree-encoding=ISO-8859-1' >d/.gitattributes
commit d
refused d 'working-tree-encoding'
echo '*  -filter' >d/.gitattributes
for target in /etc/passwd ../x a/../../x v/.. ./../x; do
	ln -sfn $target d/link
	commit d
	refused d '"link": a symbolic link that leads out of the tree'
done
printf 'link export-ignore\n' >d/.gitattributes
commit d
agree d
mkdir -p d/sub
ln -sfn ../v d/sub/ok
ln -sfn ./../sub//ok d/sub/twice
commit d
agree d

# git reads attributes from the target of a link, too.
link_attributes() # TEXT
{
	blob=$(printf '%s' "$1" | git -C k hash-object -w --stdin)
	git -C k update-index --add --cacheinfo "120000,$blob,.gitattributes"
	git -C k commit -qm x
}
new_repo k
# shellcheck disable=SC2016
printf '$Format:%%ar$\n' >k/v
git -C k add v
link_attributes 'v export-subst'
refused k '"v": export-subst: %ar'
link_attributes '* working-tree-encoding=ISO-8859-1'
refused k '"v": working-tree-encoding'
link_attributes 'v filter=lfs'
refused k '"v": .gitattributes says filter=lfs'

# A small file that becomes a huge one: 10,000 times 10,000 bytes.
new_repo b
# shellcheck disable=SC2016
printf '$Format:%s$\n' "$(printf '%010000d' 0 | sed 's/0/%B/g')" >b/v
echo 'v export-subst' >b/.gitattributes
commit b "$(printf 'x\n\n%010000d' 0)"
refused b '"v": export-subst: 10000 placeholders'

# Names.
bad_name() # NAME TEXT
{
	new_repo n
	mkdir n/dir
	echo x >"n/dir/$1"
	commit n
	refused n "$2"
	printf 'dir export-ignore\n' >n/.gitattributes
	commit n
	agree n
}
bad_name "$(printf 'new\nline')" 'below "dir" has a control character (code 10)'
bad_name "$(printf 'del\177')" 'control character (code 127)'
bad_name "$(printf 'latin\351')" 'below "dir" is not UTF-8'
bad_name 'back\slash' '"dir/back\slash": backslash in a name'

# Trees that git itself would not make.
raw_tree() # MODE NAME TEXT: HEAD of n becomes a tree with that entry
{
	blob=$(echo x | git -C n hash-object -w --stdin)
	hex=$(printf '%s' "$blob" | sed 's/../\\x&/g')
	tree=$(env printf "$1 $2\\0$hex" |
		git -C n hash-object -w -t tree --literally --stdin)
	git -C n reset -q --soft "$(git -C n commit-tree -m x "$tree")"
	refused n "$3"
}
raw_tree 100644 .. malformed
raw_tree 100644 . malformed
raw_tree 100644 a/b malformed
raw_tree 100644 .git malformed
raw_tree 100644 .GIT 'git would take it for its own directory'
raw_tree 170000 x malformed

# Submodules.
new_repo s
echo x >s/file
git -C s update-index --add --cacheinfo \
	160000,1234567890123456789012345678901234567890,sub
git -C s add file
git -C s commit -qm x
refused s '"sub": a submodule'
echo 'sub export-ignore' >s/.gitattributes
git -C s add .gitattributes
git -C s commit -qm x
agree s

# A content under the id of another one.
new_repo o
echo good >o/file
commit o
object=$(git -C o rev-parse HEAD:file)
object=o/.git/objects/$(echo "$object" | sed 's|..|&/|')
evil=$(echo evil | git -C o hash-object -w --stdin)
cp -f "o/.git/objects/$(echo "$evil" | sed 's|..|&/|')" "$object"
refused o '.git'
if tar -xOf refused.tbz 2>/dev/null | grep evil; then
	fail "packed another content"
fi

# A repository's own configuration, attributes, hooks and replaced objects.
new_repo h
printf 'a\n' >h/a
# shellcheck disable=SC2016
printf '$Format:%%h %%an$\n' >h/v
printf 'v export-subst\n' >h/.gitattributes
commit h
"$PROBE" pack h HEAD 1.0 p 1 tar before.tar >/dev/null
printf '#!/bin/sh\ntouch %s/ran\ncat\n' "$DIR" >liar
chmod +x liar
for key in filter.x.smudge filter.x.process filter.x.clean core.fsmonitor \
	core.sshCommand core.alternateRefsCommand tar.tar.command \
	uploadpack.packObjectsHook core.pager; do
	git -C h config $key "$DIR/liar"
done
printf '* filter=x eol=crlf ident export-ignore\n' >h/.git/info/attributes
git -C h config core.attributesFile "$DIR/h/.git/info/attributes"
git -C h config core.hooksPath "$DIR/hooks"
git -C h config core.abbrev 20
git -C h config tar.umask 077
git -C h config core.autocrlf true
mkdir hooks
cp liar hooks/post-index-change
cp liar hooks/reference-transaction
git -C h replace -f "$(git -C h rev-parse HEAD:a)" "$evil" 2>/dev/null || :
printf 'Other <o@example.org> <tester@example.org>\n' >h/.mailmap
rm -f ran
"$PROBE" pack h HEAD 1.0 p 1 tar after.tar >/dev/null
cmp before.tar after.tar || fail "the configuration of a repository counts"
[ ! -e ran ] || fail "a program of the repository was run"

# A missing blob, and one that is damaged.
rm -f s/.git/objects/"$(git -C s rev-parse HEAD:file | sed 's|..|&/|')"
refused s 'is missing'

# An attributes file that is too long, a line that is.
new_repo l
head -c 2000000 /dev/zero | tr '\0' '\n' >l/.gitattributes
commit l
refused l '.gitattributes'
{
	printf 'x export-ignore'
	head -c 3000 /dev/zero | tr '\0' ' '
	printf '\ny export-ignore\n'
} >l/.gitattributes
touch l/x l/y
commit l
agree l

# A commit of before 1970 and an empty tree.
new_repo t
git -C t commit -q --allow-empty -m x
"$PROBE" pack t HEAD - p 1 tbz t.tbz >/dev/null
[ "$(tar -tf t.tbz)" = p-1/ ] || fail "empty tree"
