/* Where the signature of a tag is. */
#include "git/sign.h"

/* Source: git's gpg-interface.c, parse_signed_buffer(): the last line that
 * begins so, whatever follows. */
size_t rel_git_signature_at(struct rel_str text)
{
	static const char *const starts[] = {
	    "-----BEGIN PGP SIGNATURE-----", "-----BEGIN PGP MESSAGE-----",
	    "-----BEGIN SSH SIGNATURE-----", "-----BEGIN SIGNED MESSAGE-----"};
	size_t at = 0, match = text.len;

	while (at < text.len) {
		struct rel_str rest = rel_str_sub(text, at, text.len);

		for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
			if (rel_str_starts(rest, rel_str_of(starts[i])))
				match = at;
		at += rel_str_find(rest, '\n') + 1;
	}
	return match;
}
