# A checkout in which everything that may name a program names one.
# shellcheck shell=sh disable=SC2154 # of cli/lib.sh

# poison_key SECTION[.SUBSECTION].KEY VALUE: as git writes it
poison_key() {
	section=${1%.*}
	case $section in
	*.*) printf '[%s "%s"]\n' "${section%%.*}" "${section#*.}" ;;
	*) printf '[%s]\n' "$section" ;;
	esac
	printf '\t%s = %s\n' "${1##*.}" "$2"
}

# poison DIR: whatever of its configuration is obeyed leaves $work/ran.
poison() {
	# shellcheck disable=SC2016 # for the liar's own shell
	printf '#!/bin/sh\necho "$0 $*" >>"%s/ran"\nexit 1\n' "$work" \
		>"$work/liar"
	chmod 755 "$work/liar"
	mkdir -p "$1/.git/hooks"
	# in one go: git config is a process for each key
	{
		for key in core.sshCommand core.fsmonitor core.editor \
			core.pager core.gitProxy core.askPass \
			core.alternateRefsCommand filter.evil.clean \
			filter.evil.smudge filter.evil.process diff.external \
			diff.evil.textconv diff.evil.command \
			merge.evil.driver gpg.program gpg.openpgp.program \
			gpg.ssh.program gpg.ssh.defaultKeyCommand \
			credential.helper pager.status sequence.editor \
			uploadpack.packObjectsHook remote.origin.uploadpack \
			remote.origin.receivepack sendemail.sendmailCmd \
			trailer.x.command man.viewer; do
			poison_key "$key" "$work/liar"
		done
		for alias in merge-base rev-parse status config fetch var \
			for-each-ref ls-remote cat-file; do
			poison_key "alias.$alias" "!$work/liar"
		done
		poison_key core.hooksPath "$work/hooks"
		poison_key ssh.variant simple
		poison_key http.proxy http://127.0.0.1:1/
		poison_key protocol.ext.allow always
		poison_key protocol.file.allow always
		poison_key "url.ext::$work/liar .insteadOf" file://
		poison_key "url.ext::$work/liar .insteadOf" "$work"
		poison_key "url.ext::$work/liar .pushInsteadOf" file://
		poison_key "includeIf.gitdir:**.path" more
		poison_key include.path more
		poison_key remote.origin.promisor true
		poison_key remote.origin.partialclonefilter blob:none
	} >>"$1/.git/config"
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
