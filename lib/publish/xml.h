/*
 * The XML that S3 servers answer with, read strictly and no further than they
 * use it: elements with text, comments, the XML declaration, the five
 * predefined entities and character references, UTF-8.  Attributes are
 * skipped.  A document type is refused, and so are entities that it would
 * declare.  Internal to lib/publish.
 */
#ifndef REL_PUBLISH_XML_H
#define REL_PUBLISH_XML_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

#define REL_XML_DEPTH_MAX 16
#define REL_XML_VALUE_MAX 8192 /* bytes of one element's text */

struct rel_xml_reader {
	/* An element ends.  name: without a prefix; parent: of the one around
	 * it, "" for the outermost; value: its own text, trimmed and decoded.
	 * A non-zero result ends the reading. */
	int (*end)(void *context, struct rel_str name, struct rel_str parent,
		   struct rel_str value, struct rel_error *err);
	void *context;
};

/* Errors  REL_EPARSE; REL_ELIMIT; what `end` returned. */
REL_MUST_CHECK int rel_xml_read(const struct rel_xml_reader *reader,
				struct rel_str text, struct rel_error *err);

#endif
