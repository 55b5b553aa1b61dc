# A checkout in which everything that may name a program names one.
# shellcheck shell=sh disable=SC2154 # of cli/lib.sh

# poison DIR: whatever of its configuration is obeyed leaves $work/ran.
poison() {
	# shellcheck disable=SC2016 # for the liar's own shell
	printf '#!/bin/sh\necho "$0 $*" >>"%s/ran"\nexit 1\n' "$work" \
		>"$work/liar"
	chmod 755 "$work/liar"
	mkdir -p "$1/.git/hooks"
	for key in core.sshCommand core.fsmonitor core.editor core.pager \
		core.gitProxy core.askPass core.alternateRefsCommand \
		filter.evil.clean filter.evil.smudge filter.evil.process \
		diff.external diff.evil.textconv diff.evil.command \
		merge.evil.driver gpg.program gpg.openpgp.program \
		gpg.ssh.program gpg.ssh.defaultKeyCommand credential.helper \
		pager.status sequence.editor uploadpack.packObjectsHook \
		remote.origin.uploadpack remote.origin.receivepack \
		sendemail.sendmailCmd trailer.x.command man.viewer; do
		git -C "$1" config "$key" "$work/liar"
	done
	for alias in merge-base rev-parse status config fetch var for-each-ref \
		ls-remote cat-file; do
		git -C "$1" config "alias.$alias" "!$work/liar"
	done
	git -C "$1" config core.hooksPath "$work/hooks"
	git -C "$1" config ssh.variant simple
	git -C "$1" config http.proxy http://127.0.0.1:1/
	git -C "$1" config protocol.ext.allow always
	git -C "$1" config protocol.file.allow always
	git -C "$1" config "url.ext::$work/liar .insteadOf" file://
	git -C "$1" config --add "url.ext::$work/liar .insteadOf" "$work"
	git -C "$1" config "url.ext::$work/liar .pushInsteadOf" file://
	git -C "$1" config "includeIf.gitdir:**.path" more
	git -C "$1" config include.path more
	git -C "$1" config remote.origin.promisor true
	git -C "$1" config remote.origin.partialclonefilter blob:none
	printf '[core]\n\tfsmonitor = %s\n\tsshCommand = %s\n' "$work/liar" \
		"$work/liar" >"$1/.git/more"
	cp "$1/.git/more" "$1/.git/config.worktree"
	printf '* filter=evil diff=evil merge=evil\n' >"$1/.git/info/attributes"
	mkdir -p "$work/hooks"
	for hook in reference-transaction pre-push post-checkout pre-commit \
		post-index-change fsmonitor-watchman pre-auto-gc post-merge \
		post-commit commit-msg prepare-commit-msg update; do
		cp "$work/liar" "$1/.git/hooks/$hook"
		cp "$work/liar" "$work/hooks/$hook"
	done
}

# nothing_ran WHAT
nothing_ran() {
	[ ! -e "$work/ran" ] || die "$1 ran $(cat "$work/ran")"
}
