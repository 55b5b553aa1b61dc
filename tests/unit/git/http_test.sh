#!/bin/sh
# Fetching over http and https from git's own server program behind nginx.
# shellcheck source=tests/unit/git/probe.sh
. "$RELCTL_SOURCE_DIR/tests/unit/git/probe.sh"

make_project
start servers_nginx "$REPOS"
PLAIN=http://127.0.0.1:$HTTP_PORT
TLS=https://localhost:$HTTPS_PORT
CA=$DIR/servers/ca.pem
TIP=$(commit main)

rm -rf "$CACHE"
expect "$TIP $(commit main~2)" "$PLAIN/git/project.git" HEAD~2
expect "$TIP" "$PLAIN/moved/project.git"
expect "$(commit v1.0)" -r v1.0 -a "$CA" "$TLS/git/project.git"
expect_error -4 'git/missing' "$PLAIN/git/missing.git"
expect_error -2 '500' "$PLAIN/teapot/project.git"
expect_error -4 "no revision 'mian'; there is main" \
	-r mian "$PLAIN/git/project.git"

# Another host gets no credentials that were meant for the first.
expect "$TIP" "$PLAIN/away/git/project.git"
expect_error -10 '' \
	"http://tester:secret@127.0.0.1:$HTTP_PORT/away/private/project.git"

# Certificates: unknown, wrong, named by the environment.
expect_error -2 'SSL_CERT_FILE' "$TLS/git/project.git"
expect_error -2 'SSL_CERT_FILE' -a "$DIR/servers/other-ca.pem" \
	"$TLS/git/project.git"
GIT_SSL_CAINFO=$CA
export GIT_SSL_CAINFO
expect "$TIP" "$TLS/git/project.git"
unset GIT_SSL_CAINFO

# Credentials: none, wrong, of the URL, of the environment, of .netrc.
PRIVATE=$TLS/private/project.git
expect_error -10 'RELCTL_TOKEN' -a "$CA" "$PRIVATE"
expect_error -10 '' -a "$CA" \
	"https://tester:wrong@localhost:$HTTPS_PORT/private/project.git"
! grep wrong "$DIR/err" || fail "password shown"
expect "$TIP" -a "$CA" \
	"https://tester:secret@localhost:$HTTPS_PORT/private/project.git"
RELCTL_TOKEN=secret RELCTL_TOKEN_HOST=localhost
export RELCTL_TOKEN RELCTL_TOKEN_HOST
expect "$TIP" -a "$CA" \
	"https://tester@localhost:$HTTPS_PORT/private/project.git"
RELCTL_TOKEN_HOST=elsewhere.example.org
expect_error -10 '' -a "$CA" "$PRIVATE"
unset RELCTL_TOKEN RELCTL_TOKEN_HOST
printf 'machine other.example.org login x password y\n%s\n' \
	'machine localhost login tester password secret' >"$DIR/netrc"
NETRC=$DIR/netrc
export NETRC
expect "$TIP" -a "$CA" "$PRIVATE"
unset NETRC
mkdir -p "$DIR/home"
cp "$DIR/netrc" "$DIR/home/.netrc"
HOME=$DIR/home
export HOME
expect "$TIP" -a "$CA" "$PRIVATE"
unset HOME
fsck
! grep -r -e secret -e wrong "$CACHE" || fail "password in the cache"

# Over plain http only the URL's own, and what is for the own machine.
expect "$TIP" "http://tester:secret@127.0.0.1:$HTTP_PORT/private/project.git"

# git's credential helpers are asked, and not told what they did not say.
cat >"$DIR/helper" <<END
#!/bin/sh
echo "\$1" >>"$DIR/helper.log"
[ "\$1" != get ] || printf 'username=tester\npassword=secret\n'
END
chmod +x "$DIR/helper"
git config --file "$DIR/gitconfig" credential.helper "$DIR/helper"
GIT_CONFIG_GLOBAL=$DIR/gitconfig
export GIT_CONFIG_GLOBAL
rm -rf "$CACHE"
expect "$TIP" -a "$CA" "$TLS/private/project.git"
grep -q get "$DIR/helper.log" || fail "the helper was not asked"
rm "$DIR/helper.log"
expect "$TIP" -a "$CA" \
	"https://tester:secret@localhost:$HTTPS_PORT/private/project.git"
[ ! -e "$DIR/helper.log" ] || fail "the helper was told a password"
GIT_CONFIG_GLOBAL=/dev/null

# No secret on any command line: a git that notes its own.
mkdir "$DIR/bin"
cat >"$DIR/bin/git" <<END
#!/bin/sh
echo "\$@" >>"$DIR/commands.log"
exec "$(command -v git)" "\$@"
END
chmod +x "$DIR/bin/git"
OLD_PATH=$PATH
PATH=$DIR/bin:$PATH
rm -rf "$CACHE"
expect "$TIP $(commit main~1)" -a "$CA" \
	"https://tester:secret@localhost:$HTTPS_PORT/private/project.git" \
	HEAD~1
PATH=$OLD_PATH
grep -q fetch "$DIR/commands.log" || fail "git was not run"
! grep secret "$DIR/commands.log" || fail "password on a command line"
echo "$checks checks passed"
