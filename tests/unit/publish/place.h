/* An archive, and a place on a server that it goes to: for put and s3. */
#ifndef REL_TESTS_PUBLISH_PLACE_H
#define REL_TESTS_PUBLISH_PLACE_H

#include "base/limits.h"
#include "publish/publish.h"
#include "support/shell.h"
#include "support/support.h"

/* printf abc | sha256sum, sha512sum */
#define HEX256 \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define HEX512                                                             \
	"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
#define AT256 "cache/sha256/ba/" HEX256
#define AT512 "cache/sha512/dd/" HEX512
/* A plus, as build numbers have it, is no blank to anybody. */
#define NAMED "archives/a-1+b.tbz"

struct place {
	char *file;
	struct rel_conf_publish conf;
	struct rel_remote development;
	struct rel_publish_options options;
	struct rel_digest digests[2];
	struct rel_publish_archive archive;
	struct rel_publisher *publisher;
	struct rel_error err;
};

static void place_init(struct place *p, const char *dir, const char *kind)
{
	*p = (struct place){.conf = {.kind = kind}};
	rel_test_write_text(dir, "a-1+b.tbz", "abc");
	p->file = rel_test_text("%s/a-1+b.tbz", dir);
	p->options.conf = &p->conf;
	p->options.base_dir = dir;
	p->options.development = &p->development;
	if (rel_digest_parse(&p->digests[0], REL_STR("sha256=" HEX256), NULL) ||
	    rel_digest_parse(&p->digests[1], REL_STR("sha512=" HEX512), NULL))
		fail();
	p->archive = (struct rel_publish_archive){.path = p->file,
						  .name = "a-1+b.tbz",
						  .digests = p->digests,
						  .n_digests = 2,
						  .size = 3};
}

static void place_open(struct place *p)
{
	if (rel_publisher_open(&p->publisher, &p->options, &p->err))
		fail_msg("%s", p->err.text);
}

static void place_free(struct place *p)
{
	rel_publisher_free(p->publisher);
	free(p->file);
}

static void place_put(struct place *p, enum rel_publish_outcome outcome,
		      unsigned made)
{
	struct rel_publish_receipt receipt;

	if (rel_publisher_put(&receipt, p->publisher, &p->archive, 0, &p->err))
		fail_msg("%s", p->err.text);
	assert_int_equal(receipt.outcome, outcome);
	assert_int_equal(receipt.made, made);
}

static void place_assert_missing(struct place *p, unsigned expected)
{
	unsigned missing;

	if (rel_publisher_missing(&missing, p->publisher, &p->archive, &p->err))
		fail_msg("%s", p->err.text);
	assert_int_equal(missing, expected);
}

static void place_put_fails(struct place *p, unsigned ours, int code,
			    const char *text)
{
	struct rel_publish_receipt receipt;

	assert_int_equal(rel_publisher_put(&receipt, p->publisher, &p->archive,
					   ours, &p->err),
			 code);
	if (!strstr(p->err.text, text))
		fail_msg("\"%s\" lacks \"%s\"", p->err.text, text);
	assert_null(strstr(p->err.text, "hidden"));
}

#endif
