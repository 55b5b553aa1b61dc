/* The usual places for a body: memory and a file. */
#include "base/file.h"
#include "net/internal.h"

void rel_http_memory_reset(struct rel_http_memory *memory)
{
	memory->body->len = memory->start;
	if (memory->body->ptr)
		memory->body->ptr[memory->start] = '\0';
}

static int memory_begin(void *context, uint64_t length, struct rel_error *err)
{
	(void)length;
	(void)err;
	rel_http_memory_reset(context);
	return 0;
}

static int memory_write(void *context, const void *ptr, size_t len,
			struct rel_error *err)
{
	struct rel_http_memory *memory = context;

	rel_buf_add(memory->body, ptr, len);
	return rel_buf_status(memory->body, "body", err);
}

void rel_http_memory_sink(struct rel_http_sink *sink,
			  struct rel_http_memory *memory, struct rel_buf *body)
{
	*memory = (struct rel_http_memory){.body = body, .start = body->len};
	*sink = (struct rel_http_sink){memory_begin, memory_write, memory};
}

int rel_http_get_buf(struct rel_http_answer *answer, struct rel_buf *body,
		     struct rel_http *http,
		     const struct rel_http_request *request,
		     struct rel_error *err)
{
	struct rel_http_memory memory;
	struct rel_http_sink sink;
	int rc;

	rel_http_memory_sink(&sink, &memory, body);
	rc = rel_http_get(answer, http, request, &sink, err);
	if (rc)
		rel_http_memory_reset(&memory);
	return rc;
}

struct target {
	struct rel_atomic_file file;
	const char *path;
};

static int file_begin(void *context, uint64_t length, struct rel_error *err)
{
	struct target *target = context;

	(void)length;
	rel_atomic_abort(&target->file);
	return rel_atomic_open(&target->file, target->path, err);
}

static int file_write(void *context, const void *ptr, size_t len,
		      struct rel_error *err)
{
	struct target *target = context;

	if (rel_atomic_write(&target->file, ptr, len) == 0)
		return 0;
	return rel_fail_errno(err, target->file.saved_errno, target->path,
			      "cannot write");
}

int rel_http_get_file(struct rel_http_answer *answer, const char *path,
		      struct rel_http *http,
		      const struct rel_http_request *request,
		      struct rel_error *err)
{
	struct target target = {.file = {.fd = -1}, .path = path};
	const struct rel_http_sink sink = {file_begin, file_write, &target};
	int rc = rel_http_get(answer, http, request, &sink, err);

	if (rc == 0 && answer->outcome == REL_HTTP_OK)
		rc = rel_atomic_commit(&target.file, err);
	rel_atomic_abort(&target.file);
	return rc;
}
