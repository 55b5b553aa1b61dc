/*
 * Every cap on what comes from outside, each with its reason.  A cap that is
 * hit is an error (REL_ELIMIT) or an `unreadable` verdict, never a crash and
 * never silence.
 */
#ifndef REL_BASE_LIMITS_H
#define REL_BASE_LIMITS_H

#define REL_KIB ((size_t)1024)
#define REL_MIB (1024 * REL_KIB)
#define REL_GIB (1024 * REL_MIB)

/* Manifests: median 1.3 KiB, largest known 24 KiB; opam itself reads one
 * with a string of 1 MiB. */
#define REL_LIMIT_MANIFEST_BYTES (4 * REL_MIB)
/* Nesting of groups, lists and options; the deepest real manifest has 7.
 * Bounds recursion on the stack. */
#define REL_LIMIT_NESTING 200
/* Levels of a value: chains of `&` or `|` lean to the left, so that a long one
 * is a high tree; the highest real one has 40.  Bounds recursion over trees. */
#define REL_LIMIT_EXPRESSION_HEIGHT 2000
/* Clauses one dependency formula may grow to in conjunctive normal form;
 * the largest real one has 1,280. */
#define REL_LIMIT_CNF_CLAUSES 20000
/* Atoms in those clauses together; bounds memory to 16 MB. */
#define REL_LIMIT_CNF_ATOMS 1000000
/* Conflicts of the search after which one version is left undecided; no version
 * of opam-repository at its largest takes more than 965. */
#define REL_LIMIT_SAT_CONFLICTS 10000u
/* Steps of the search for one version: a second or two.  None of
 * opam-repository takes more than 8 million. */
#define REL_LIMIT_SAT_STEPS 200000000u
/* The same for the reason of one version, found by many searches; those of
 * opam-repository take up to 38,000 conflicts and 2 million steps.  It is
 * correct without, only longer. */
#define REL_LIMIT_SAT_CORE_CONFLICTS 400000u
#define REL_LIMIT_SAT_CORE_STEPS     40000000u
/* Budgets that were spent whole before what the next version is allowed is
 * halved: thousands of hard versions take a minute and not days. */
#define REL_LIMIT_SAT_TIMES 5u
/* Goals of one question: finding the largest part of them that is possible
 * asks about each several times; distributions name some 300 packages. */
#define REL_LIMIT_GOALS 2000u
/* Conflicts after which an older version than the newest is tried. */
#define REL_LIMIT_SAT_BETTER_CONFLICTS 500u
/* Steps of choosing what to leave out of the goals, NP-complete in itself: a
 * second. */
#define REL_LIMIT_HITTING_STEPS 20000000u
/* Facts from a broken version down to the one that its trouble begins with;
 * chains of opam-repository have 12. */
#define REL_LIMIT_REASON_CHAIN	     30u
#define REL_LIMIT_REASON_CHAIN_SHORT 5u
/* Facts that exclude one version together; of opam-repository at most 60.  All
 * versions that go back to it have them too. */
#define REL_LIMIT_REASON_CORE	    1000u
#define REL_LIMIT_REASON_CORE_SHORT 20u
/* Facts of all reasons, after which the short limits hold; opam-repository has
 * 50,000. */
#define REL_LIMIT_REASON_FACTS 500000u
/* Edges between versions whose names need each other in a circle, 128 MB;
 * opam-repository at its largest has 700,000. */
#define REL_LIMIT_CYCLE_EDGES (32u * 1024 * 1024)
/* Worlds that are tried while a case is cut down; opam-repository's take some
 * hundred.  It is correct without the rest, only longer. */
#define REL_LIMIT_REDUCTIONS 20000u
/* Words of learned clauses, 64 MB; beyond, they are forgotten. */
#define REL_LIMIT_SAT_LEARNED (16u * 1024 * 1024)
/* Variables in the models that one environment hands to the next; those of
 * opam-repository have 2 million. */
#define REL_LIMIT_SAT_MODELS (32u * 1024 * 1024)
/* A file in files/ of a package, read to compare its checksum; patches are
 * meant to be small. */
#define REL_LIMIT_EXTRA_FILE_BYTES (64 * REL_MIB)
/* A file of a source in which watermarks are looked for; as much as attributes
 * may change. */
#define REL_LIMIT_WATERMARK_BYTES REL_LIMIT_GIT_CONVERT_BYTES
/* Files with watermarks that are listed one by one. */
#define REL_LIMIT_WATERMARKED_FILES 10
/* Items of one field of dune-project or an opam file that are compared, each
 * with each; dune's largest user has 150 dependencies. */
#define REL_LIMIT_STALE_ITEMS 5000u
/* Files beside the manifests of one release; the package of opam-repository
 * that had most, 49. */
#define REL_LIMIT_EXTRA_FILES 1000u
/* Versions in one remote; opam-repository at its largest had 33,033. */
#define REL_LIMIT_PACKAGES 2000000u
/* Text interned by one snapshot; opam-repository needs 3 MiB. */
#define REL_LIMIT_STRINGS (512 * REL_MIB)
/* Memory of one snapshot or universe under construction. */
#define REL_LIMIT_ARENA (8 * REL_GIB)
/* relctl.yml, repo files, credentials' output, .netrc. */
#define REL_LIMIT_CONFIG_BYTES (1 * REL_MIB)
/* Entries of one list or mapping of relctl.yml; people write it by hand, and
 * each is compared with all before it. */
#define REL_LIMIT_CONF_ITEMS 1000u
/* Nesting of relctl.yml; its own schema has 4. */
#define REL_LIMIT_CONF_NESTING 16
/* Variables of one environment; opam knows about twenty, and each is compared
 * with all before it. */
#define REL_LIMIT_ENVIRONMENT_VALUES 200u
/* Memory of the tree of relctl.yml: a node takes about 64 bytes and at least
 * two bytes of text. */
#define REL_LIMIT_CONF_ARENA (64 * REL_MIB)
/* index.tar.gz as received; opam.ocaml.org's has 12 MiB. */
#define REL_LIMIT_INDEX_BYTES (512 * REL_MIB)
/* index.tar.gz unpacked, against decompression bombs. */
#define REL_LIMIT_INDEX_UNPACKED (2 * REL_GIB)
/* Members of index.tar.gz. */
#define REL_LIMIT_INDEX_MEMBERS 4000000u
/* Long name or pax header of a member; a path has 4 KiB. */
#define REL_LIMIT_TAR_EXTENSION (1 * REL_MIB)
/* Unpacked bytes per packed byte, beyond the first REL_LIMIT_RATIO_FREE
 * unpacked ones; an index of opam-repository has 13, deflate can do 1,032. */
#define REL_LIMIT_RATIO	     200
#define REL_LIMIT_RATIO_FREE (16 * REL_MIB)
/* Directory levels below packages/; opam-repository has 2. */
#define REL_LIMIT_TREE_DEPTH 32
/* Directories and entries of one remote, each as often as it is reached: a tree
 * of git may name the same one many times, so that sixteen objects are a
 * million directories.  opam-repository at its largest has 45,000 and 150,000.
 */
#define REL_LIMIT_SOURCE_DIRS	 250000u
#define REL_LIMIT_SOURCE_ENTRIES 1000000u
/* Text of their paths; opam-repository has 10 MiB. */
#define REL_LIMIT_SOURCE_PATHS (128 * REL_MIB)
/* Bytes of its files that are read, for the same reason each time that one is;
 * opam-repository at its largest has 45 MiB of manifests. */
#define REL_LIMIT_SOURCE_BYTES (128 * REL_MIB)
/* Entries of one source tree; Linux has 90,000. */
#define REL_LIMIT_GIT_TREE_ENTRIES 4000000u
/* Versions in the bounds of one dependency that are compared for a
 * contradiction; real ones have fewer than ten. */
#define REL_LIMIT_BOUNDS_COMPARED 64
/* Directories of what is no repository that are tried for one, for the error;
 * a home or a monorepo has fewer. */
#define REL_LIMIT_SUBDIRS_TRIED 1000u
/* Directories reached through symbolic links below one directory of
 * packages/; nested links can double their number with each level. */
#define REL_LIMIT_LINKED_DIRS 10000
/* Redirects of one HTTP request, as curl's and opam's own default. */
#define REL_LIMIT_REDIRECTS 20
/* Seconds without a byte after which a transfer is given up. */
#define REL_LIMIT_STALL_SECONDS 60
/* Bytes a second below which a server is given up, on the average from twice
 * that time on, over all redirects and attempts: a byte a minute would do
 * otherwise.  The slowest mobile networks give more. */
#define REL_LIMIT_HTTP_RATE (4 * REL_KIB)
/* Seconds for name lookup, connection and TLS together. */
#define REL_LIMIT_CONNECT_SECONDS 30
/* One answer's header lines together; curl's own cap, since 8.3. */
#define REL_LIMIT_HTTP_HEADERS (300 * REL_KIB)
/* Body of a redirect or an error that is read to keep the connection. */
#define REL_LIMIT_HTTP_DISCARD (64 * REL_KIB)
/* Further attempts after a transient failure (429, 5xx, broken connection). */
#define REL_LIMIT_HTTP_RETRIES 3
/* An ETag or Last-Modified that is kept and sent back; servers take request
 * headers of 8 KiB. A longer one counts as none. */
#define REL_LIMIT_VALIDATOR_BYTES 1024
/* Markdown after which a report names no more: GitHub takes 65,536 characters
 * in a comment. */
#define REL_LIMIT_MARKDOWN_BYTES (48 * REL_KIB)
/* Longest Retry-After that is waited for; nobody watches a longer one. */
#define REL_LIMIT_RETRY_SECONDS 60
/* Sum of the parsed-snapshot cache's files; a snapshot takes about 6 MiB. */
#define REL_LIMIT_CACHE_BYTES (1 * REL_GIB)
/* Sum of the cached verdicts' files; a universe takes 19 KiB. */
#define REL_LIMIT_VERDICT_CACHE_BYTES (64 * REL_MIB)
/* One line of a child process's diagnostics kept for an error text. */
#define REL_LIMIT_CHILD_TEXT (64 * REL_KIB)
/* One git tree object; the largest of opam-repository has 170 KiB. */
#define REL_LIMIT_GIT_TREE_BYTES (64 * REL_MIB)
/* Text of one commit or tag; change logs of a release have some KiB. */
#define REL_LIMIT_GIT_MESSAGE_BYTES (4 * REL_MIB)
/* One file of a source that a release changes: opam files, change logs. */
#define REL_LIMIT_GIT_EDIT_BYTES (64 * REL_MIB)
/* One path inside a git tree; PATH_MAX is 4 KiB. */
#define REL_LIMIT_GIT_PATH_BYTES (64 * REL_KIB)
/* An archive read back from a git branch, in memory; forges refuse files over
 * 100 MiB. */
#define REL_LIMIT_GIT_ARCHIVE (2 * REL_GIB)
/* Seconds in which neither git nor a server says anything.  They report every
 * second while bytes come, but may count and pack in silence before. */
#define REL_LIMIT_GIT_SILENCE_SECONDS 300
/* Seconds of one run of git against a server, which may go on saying something
 * for ever.  The kernel's whole history takes two hours at 10 Mbit/s. */
#define REL_LIMIT_GIT_SECONDS (6 * 3600)
/* One file that git makes of what a server sends; that history has 6 GiB. */
#define REL_LIMIT_GIT_PACK_BYTES (32 * REL_GIB)
/* The list of a remote's branches and tags; a forge's pull requests are not
 * in it, and opam-repository's 30 branches take 2 KiB. */
#define REL_LIMIT_GIT_REFS_BYTES (64 * REL_MIB)
/* objects/info/alternates that lead on to others; git's own cap. */
#define REL_LIMIT_GIT_ALTERNATES_DEPTH 5
/* Deltas that one object is made of; git makes at most 4,095. */
#define REL_LIMIT_GIT_DELTAS 10000
/* The index of a checkout, which is copied; that of 400,000 files has 50 MiB.
 */
#define REL_LIMIT_GIT_INDEX_BYTES (512 * REL_MIB)
/* One .gitattributes file; git's own cap is 100 MiB, the kernel's has 200
 * bytes. */
#define REL_LIMIT_GIT_ATTRIBUTES_BYTES (1 * REL_MIB)
/* A file with export-subst, and one in which watermarks are looked for, is held
 * in memory. */
#define REL_LIMIT_GIT_CONVERT_BYTES (16 * REL_MIB)
/* What such a file may become: a tag's message in each of its placeholders. */
#define REL_LIMIT_GIT_SUBST_BYTES (64 * REL_MIB)
/* The ids, and the paths, of the tree of a release, which are held in memory:
 * 41 bytes an id, so that of 1.5 million files; the kernel has 90,000. */
#define REL_LIMIT_GIT_ARCHIVE_LIST (64 * REL_MIB)
/* What git check-attr says of them: for each file and each of three attributes
 * the path again and 40 bytes. */
#define REL_LIMIT_GIT_ARCHIVE_ATTRIBUTES (512 * REL_MIB)
/* Edges that the search for short cycles follows in one universe; the tip of
 * opam-repository takes some 100,000.  Finding a cycle without versions that
 * exclude each other is NP-complete. */
#define REL_LIMIT_CYCLE_STEPS (50 * 1000 * 1000)
/* Rounds of cutting off models with a circle in the build order, each of which
 * decides what is open anew, and versions in the circles cut off (32 MB);
 * opam-repository needs none. */
#define REL_LIMIT_CIRCLE_ROUNDS 500u
#define REL_LIMIT_CIRCLE_STEPS	(1024u * 1024)
/* A release's archive as it is fetched; the largest of opam-repository has
 * 300 MiB. */
#define REL_LIMIT_ARCHIVE_BYTES (16 * REL_GIB)
/* One file of a source that is released: forges refuse assets from 2 GiB on,
 * and no 32-bit program unpacks such a file. */
#define REL_LIMIT_RELEASE_FILE_BYTES (2 * REL_GIB)
/* A release's archive unpacked; it is read piece by piece, so this bounds
 * time only. */
#define REL_LIMIT_ARCHIVE_UNPACKED (64 * REL_GIB)
/* A tar header with its pax records; a path is at most
 * REL_LIMIT_GIT_PATH_BYTES, and so is a link's target. */
#define REL_LIMIT_TAR_HEADER_BYTES (256 * REL_KIB)
/* dune-project; the largest known, of a project with 150 packages, has 60 KiB.
 */
#define REL_LIMIT_SEXP_BYTES (1 * REL_MIB)
/* Change logs; that of dune, with ten years in it, has 300 KiB. */
#define REL_LIMIT_CHANGELOG_BYTES (16 * REL_MIB)
/* A file of a source with a version in it. */
#define REL_LIMIT_VERSION_FILE_BYTES (16 * REL_MIB)
/* A version that a pattern of relctl.yml finds; the longest real one has 80. */
#define REL_LIMIT_VERSION_BYTES 1000
/* Packages of one project; dune's largest users have 300. */
#define REL_LIMIT_PROJECT_PACKAGES 10000u
/* Branches of a source's remote that release: branches: matches, each of which
 * may have to be fetched; a busy repository has tens that are released from. */
#define REL_LIMIT_RELEASE_BRANCHES 256u
/* Text and tables of one project. */
#define REL_LIMIT_PROJECT_ARENA (1 * REL_GIB)
/* Name of a tag: a file name's length, below refs/tags/. */
#define REL_LIMIT_TAG_BYTES 255

/* Output of one command in the trial of a release, on disk; a build that says
 * more says it for ever. */
#define REL_LIMIT_TRIAL_LOG (256 * REL_MIB)
/* Attempts to write to a remote that others write to as well; each lost one
 * costs a fetch and, where it is a release, a look at what would break. */
#define REL_LIMIT_RACES 10
/* The ledger of a remote; a line has about 350 bytes, opam-repository at its
 * largest would need 12 MiB. */
#define REL_LIMIT_LEDGER_BYTES (256 * REL_MIB)
/* The file of a CI event; GitHub drops payloads over 25 MB. */
#define REL_LIMIT_CI_EVENT_BYTES (32 * REL_MIB)
/* Each file of results for a CI system; one finding takes about 400 bytes, and
 * a remote of 33,000 versions is the largest known. */
#define REL_LIMIT_CI_REPORT_BYTES (64 * REL_MIB)
/* A job's summary; GitHub drops one that is longer. */
#define REL_LIMIT_CI_SUMMARY_BYTES (1 * REL_MIB)
/* The record of a survey; opam-repository at its largest takes 300 KiB in each
 * environment. */
#define REL_LIMIT_RECORD_BYTES (256 * REL_MIB)

/* Commits that are searched for a lost ledger, about 20 us each;
 * opam-repository has 130,000 first parents. */
#define REL_LIMIT_LEDGER_COMMITS 200000u

/* One answer of a forge: a page of 100 releases, whose notes GitHub caps at
 * 125,000 characters each. */
#define REL_LIMIT_FORGE_ANSWER (16 * REL_MIB)
/*
 * What forges take as the notes of a release and as the text of a request, in
 * characters.  GitHub does not document it, but says so when it refuses more
 * ("body is too long (maximum is 125000 characters)", and 65536).  GitLab:
 * app/models/release.rb, Gitlab::Database::MAX_TEXT_SIZE_LIMIT; and "Issuable
 * models", docs.gitlab.com.  Forgejo has no limit.
 */
#define REL_LIMIT_GITHUB_NOTES	 125000u
#define REL_LIMIT_GITHUB_REQUEST 65536u
#define REL_LIMIT_GITLAB_NOTES	 1000000u
/* Notes of a release, which the message of its tag holds as a whole; the
 * longest known, of GitHub's releases, have 300 KiB. */
#define REL_LIMIT_NOTES_BYTES (2 * REL_MIB)
/* Notes that are not in the source and so kept in a cut's journal: three bytes
 * for one at the worst, in REL_LIMIT_CONFIG_BYTES. */
#define REL_LIMIT_NOTES_FILE_BYTES (256 * REL_KIB)
/* Pages of such a list that are looked through for a draft. */
#define REL_LIMIT_FORGE_PAGES 10u
/* Addresses and texts of one conversation with a forge. */
#define REL_LIMIT_FORGE_ARENA (64 * REL_MIB)

#endif
