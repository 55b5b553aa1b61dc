/* relctl.ledger: what can be read can be appended to and read again. */
#include <stdlib.h>

#include "base/limits.h"
#include "release/audit/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str text = {(const char *)data, size};
	struct rel_ledger_entry entry = {
	    .subject = REL_STR("new.1"), .size = 1, .n_digests = 1};
	struct rel_ledger ledger, again;
	struct rel_error err = {0};
	struct rel_arena arena;
	struct rel_buf out;
	uint32_t added;

	rel_arena_init(&arena, 64 * REL_MIB);
	rel_buf_init(&out, 16 * REL_MIB);
	if (rel_ledger_read(&ledger, text, "ledger", &arena, &err) == 0) {
		for (uint32_t i = 0; i < ledger.n_entries; i++)
			require(rel_ledger_find(&ledger,
						ledger.entries[i].subject) !=
				NULL);
		if (rel_ledger_append(&out, &added, text, "ledger", &entry, 1,
				      &err) == 0) {
			require(rel_ledger_read(&again, rel_buf_str(&out),
						"ledger", &arena, &err) == 0);
			require(again.n_entries == ledger.n_entries + added);
			require(rel_ledger_find(&again, entry.subject) != NULL);
		}
	}
	rel_buf_free(&out);
	rel_arena_free(&arena);
	return 0;
}
