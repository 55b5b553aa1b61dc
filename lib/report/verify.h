/* What verifying releases and auditing archives found, in text and JSON. */
#ifndef REL_REPORT_VERIFY_H
#define REL_REPORT_VERIFY_H

#include "release/audit/audit.h"
#include "release/audit/verify.h"
#include "report/report.h"

/* One release that was asked about. */
struct rel_report_verified {
	const char *package; /* name.version */
	const char *remote;
	struct rel_verify_result result;
	/* why it could not be verified; NULL = it was, be it with a wrong
	 * checksum */
	const char *error;
};

/* Errors  the sink's, REL_ENOMEM.  Formats: TEXT, JSON (relctl.verify/1). */
REL_MUST_CHECK int rel_report_write_verified(
    const struct rel_report_verified *verified, size_t n,
    enum rel_report_format format, const struct rel_report_style *style,
    struct rel_sink *sink, struct rel_error *err);

/* The same of an audit: findings, or all items when verbose, and the counts.
 * JSON has all items (relctl.audit/1). */
REL_MUST_CHECK int rel_report_write_audit(const struct rel_audit *audit,
					  enum rel_report_format format,
					  const struct rel_report_style *style,
					  struct rel_sink *sink,
					  struct rel_error *err);

#endif
