#!/bin/sh
# Fetching through the OpenSSH client.
# shellcheck source=tests/unit/git/probe.sh
. "$RELCTL_SOURCE_DIR/tests/unit/git/probe.sh"

make_project
mkdir "$DIR/odd"
git clone -q --bare "$REPOS/project.git" "$DIR/odd/it's \$(odd)!.git"
start servers_sshd
SSH_DIR=$DIR/servers
URL=ssh://127.0.0.1$REPOS/project.git
TIP=$(commit main)
GIT_SSH_COMMAND="ssh -F $SSH_DIR/ssh-config"
export GIT_SSH_COMMAND

rm -rf "$CACHE"
expect "$TIP $(commit main~2)" "$URL" HEAD~2
expect "$TIP" "ssh://127.0.0.1:$SSH_PORT$REPOS/project.git"
# A host that only ssh's configuration knows, in both forms.
expect "$TIP" "ssh://remote.example.org$REPOS/project.git"
expect "$(commit v1.0)" -r v1.0 "remote.example.org:$REPOS/project.git"
expect "$TIP" "$(id -un)@remote.example.org:$REPOS/project.git"
expect "$TIP" "remote.example.org:$DIR/odd/it's \$(odd)!.git"
expect_error -4 'missing.git' "remote.example.org:$REPOS/missing.git"
fsck

# The wrong host key, an unknown one, a refused key, no such host.
GIT_SSH_COMMAND="ssh -F $SSH_DIR/ssh-config-wrong"
expect_error -2 'known_hosts' "$URL"
grep -q 'Host key verification failed' "$DIR/err" || fail "ssh's text"
GIT_SSH_COMMAND="ssh -F $SSH_DIR/ssh-config-unknown"
expect_error -2 'Host key verification failed' "$URL"
GIT_SSH_COMMAND="ssh -F $SSH_DIR/ssh-config -o PubkeyAuthentication=no"
expect_error -10 'Permission denied' "$URL"
GIT_SSH_COMMAND="ssh -F $SSH_DIR/ssh-config"
expect_error -2 'resolve' 'ssh://nowhere.invalid/project.git'

# GIT_SSH and core.sshCommand.
unset GIT_SSH_COMMAND
printf '#!/bin/sh\necho "$@" >>%s\nexec ssh -F %s "$@"\n' \
	"$DIR/ssh.log" "$SSH_DIR/ssh-config" >"$DIR/my-ssh"
chmod +x "$DIR/my-ssh"
GIT_SSH=$DIR/my-ssh
export GIT_SSH
rm -f "$DIR/ssh.log"
expect "$TIP" "$URL"
grep -q git-upload-pack "$DIR/ssh.log" || fail "GIT_SSH not used"
unset GIT_SSH
mkdir -p "$DIR/home"
git config --file "$DIR/home/.gitconfig" core.sshCommand "$DIR/my-ssh"
unset GIT_CONFIG_GLOBAL
HOME=$DIR/home
export HOME
rm -f "$DIR/ssh.log"
expect "$TIP" "$URL"
grep -q git-upload-pack "$DIR/ssh.log" || fail "core.sshCommand not used"
unset HOME
export GIT_CONFIG_GLOBAL=/dev/null

# Nothing may ask on a terminal, and hosts are no options.
mkdir -p "$DIR/bin"
cp "$DIR/my-ssh" "$DIR/bin/ssh"
sed -i "s:exec ssh:exec $(command -v ssh):" "$DIR/bin/ssh"
OLD_PATH=$PATH
PATH=$DIR/bin:$PATH
rm -f "$DIR/ssh.log"
expect "$TIP" "$URL"
grep -q 'BatchMode=yes' "$DIR/ssh.log" || fail "no BatchMode"
rm -f "$DIR/ssh.log"
expect_error -9 "may not begin with '-'" 'ssh://-oProxyCommand=x/y'
expect_error -9 "may not begin with '-'" 'ssh://-oX@host/y'
expect_error -9 "may not begin with '-'" 'ssh://%2doX/y'
expect_error -9 "may not begin with '-'" 'host:-upload-pack=x'
[ ! -e "$DIR/ssh.log" ] || fail "ssh was run"
PATH=$OLD_PATH
GIT_SSH_COMMAND="ssh -F $SSH_DIR/ssh-config"
export GIT_SSH_COMMAND
echo "$checks checks passed"
