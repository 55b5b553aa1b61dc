/*
 * libgit2, loaded when first needed (base/lazy.h): it brings a dozen other
 * libraries along, half of the time that the program takes to start.
 * rel_git_library_open() loads it; where no library is opened,
 * rel_libgit2_load() comes before any of its functions.  Private.
 */
#ifndef REL_GIT_LIBGIT2_H
#define REL_GIT_LIBGIT2_H

#include <git2.h>
/* Newer versions moved git_error_set_str() there. */
#if __has_include(<git2/sys/errors.h>)
#include <git2/sys/errors.h>
#endif
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>

#include "base/lazy.h"

/* Errors  those of rel_lazy_load() */
REL_MUST_CHECK int rel_libgit2_load(struct rel_error *err);

#ifdef REL_LIBGIT2_SONAME

#define REL_LIBGIT2_FUNCTIONS(X)            \
	X(git_buf_dispose)                  \
	X(git_commit_author)                \
	X(git_commit_committer)             \
	X(git_commit_free)                  \
	X(git_commit_id)                    \
	X(git_commit_lookup)                \
	X(git_commit_message_raw)           \
	X(git_commit_parent_id)             \
	X(git_commit_parentcount)           \
	X(git_commit_time)                  \
	X(git_commit_tree_id)               \
	X(git_config_free)                  \
	X(git_config_get_string)            \
	X(git_config_parse_bool)            \
	X(git_diff_foreach)                 \
	X(git_diff_free)                    \
	X(git_diff_options_init)            \
	X(git_diff_tree_to_tree)            \
	X(git_error_last)                   \
	X(git_error_set_str)                \
	X(git_graph_descendant_of)          \
	X(git_libgit2_init)                 \
	X(git_libgit2_opts)                 \
	X(git_libgit2_shutdown)             \
	X(git_object_free)                  \
	X(git_object_id)                    \
	X(git_object_lookup)                \
	X(git_object_peel)                  \
	X(git_object_type)                  \
	X(git_object_type2string)           \
	X(git_odb_add_alternate)            \
	X(git_odb_add_backend)              \
	X(git_odb_backend_loose)            \
	X(git_odb_backend_one_pack)         \
	X(git_odb_exists)                   \
	X(git_odb_free)                     \
	X(git_odb_hash)                     \
	X(git_odb_new)                      \
	X(git_odb_object_data)              \
	X(git_odb_object_free)              \
	X(git_odb_object_size)              \
	X(git_odb_open_wstream)             \
	X(git_odb_read)                     \
	X(git_odb_read_header)              \
	X(git_odb_stream_finalize_write)    \
	X(git_odb_stream_free)              \
	X(git_odb_stream_write)             \
	X(git_odb_write)                    \
	X(git_oid_equal)                    \
	X(git_oid_tostr)                    \
	X(git_patch_free)                   \
	X(git_patch_from_buffers)           \
	X(git_patch_to_buf)                 \
	X(git_reference_create)             \
	X(git_reference_dwim)               \
	X(git_reference_free)               \
	X(git_reference_iterator_free)      \
	X(git_reference_iterator_glob_new)  \
	X(git_reference_iterator_new)       \
	X(git_reference_lookup)             \
	X(git_reference_name_is_valid)      \
	X(git_reference_name_to_id)         \
	X(git_reference_next_name)          \
	X(git_reference_resolve)            \
	X(git_reference_symbolic_target)    \
	X(git_reference_target)             \
	X(git_reference_type)               \
	X(git_repository_commondir)         \
	X(git_repository_config_snapshot)   \
	X(git_repository_free)              \
	X(git_repository_head_unborn)       \
	X(git_repository_init)              \
	X(git_repository_init_ext)          \
	X(git_repository_init_options_init) \
	X(git_repository_is_bare)           \
	X(git_repository_odb)               \
	X(git_repository_open_ext)          \
	X(git_repository_path)              \
	X(git_repository_set_odb)           \
	X(git_revparse_single)              \
	X(git_transaction_commit)           \
	X(git_transaction_free)             \
	X(git_transaction_lock_ref)         \
	X(git_transaction_new)              \
	X(git_transaction_remove)           \
	X(git_transaction_set_target)       \
	X(git_tree_entry_filemode)          \
	X(git_tree_entry_id)                \
	X(git_tree_free)                    \
	X(git_tree_lookup)                  \
	X(git_treebuilder_entrycount)       \
	X(git_treebuilder_free)             \
	X(git_treebuilder_get)              \
	X(git_treebuilder_insert)           \
	X(git_treebuilder_new)              \
	X(git_treebuilder_remove)           \
	X(git_treebuilder_write)

struct rel_libgit2 {
#define REL_POINTER(name) __typeof__(name) *name;
	REL_LIBGIT2_FUNCTIONS(REL_POINTER)
#undef REL_POINTER
};

extern struct rel_libgit2 rel_libgit2;

/* libgit2.c means the functions themselves */
#ifndef REL_LIBGIT2_PLAIN
#define git_buf_dispose		      rel_libgit2.git_buf_dispose
#define git_commit_author	      rel_libgit2.git_commit_author
#define git_commit_committer	      rel_libgit2.git_commit_committer
#define git_commit_free		      rel_libgit2.git_commit_free
#define git_commit_id		      rel_libgit2.git_commit_id
#define git_commit_lookup	      rel_libgit2.git_commit_lookup
#define git_commit_message_raw	      rel_libgit2.git_commit_message_raw
#define git_commit_parent_id	      rel_libgit2.git_commit_parent_id
#define git_commit_parentcount	      rel_libgit2.git_commit_parentcount
#define git_commit_time		      rel_libgit2.git_commit_time
#define git_commit_tree_id	      rel_libgit2.git_commit_tree_id
#define git_config_free		      rel_libgit2.git_config_free
#define git_config_get_string	      rel_libgit2.git_config_get_string
#define git_config_parse_bool	      rel_libgit2.git_config_parse_bool
#define git_diff_foreach	      rel_libgit2.git_diff_foreach
#define git_diff_free		      rel_libgit2.git_diff_free
#define git_diff_options_init	      rel_libgit2.git_diff_options_init
#define git_diff_tree_to_tree	      rel_libgit2.git_diff_tree_to_tree
#define git_error_last		      rel_libgit2.git_error_last
#define git_error_set_str	      rel_libgit2.git_error_set_str
#define git_graph_descendant_of	      rel_libgit2.git_graph_descendant_of
#define git_libgit2_init	      rel_libgit2.git_libgit2_init
#define git_libgit2_opts	      rel_libgit2.git_libgit2_opts
#define git_libgit2_shutdown	      rel_libgit2.git_libgit2_shutdown
#define git_object_free		      rel_libgit2.git_object_free
#define git_object_id		      rel_libgit2.git_object_id
#define git_object_lookup	      rel_libgit2.git_object_lookup
#define git_object_peel		      rel_libgit2.git_object_peel
#define git_object_type		      rel_libgit2.git_object_type
#define git_object_type2string	      rel_libgit2.git_object_type2string
#define git_odb_add_alternate	      rel_libgit2.git_odb_add_alternate
#define git_odb_add_backend	      rel_libgit2.git_odb_add_backend
#define git_odb_backend_loose	      rel_libgit2.git_odb_backend_loose
#define git_odb_backend_one_pack      rel_libgit2.git_odb_backend_one_pack
#define git_odb_exists		      rel_libgit2.git_odb_exists
#define git_odb_free		      rel_libgit2.git_odb_free
#define git_odb_hash		      rel_libgit2.git_odb_hash
#define git_odb_new		      rel_libgit2.git_odb_new
#define git_odb_object_data	      rel_libgit2.git_odb_object_data
#define git_odb_object_free	      rel_libgit2.git_odb_object_free
#define git_odb_object_size	      rel_libgit2.git_odb_object_size
#define git_odb_open_wstream	      rel_libgit2.git_odb_open_wstream
#define git_odb_read		      rel_libgit2.git_odb_read
#define git_odb_read_header	      rel_libgit2.git_odb_read_header
#define git_odb_stream_finalize_write rel_libgit2.git_odb_stream_finalize_write
#define git_odb_stream_free	      rel_libgit2.git_odb_stream_free
#define git_odb_stream_write	      rel_libgit2.git_odb_stream_write
#define git_odb_write		      rel_libgit2.git_odb_write
#define git_oid_equal		      rel_libgit2.git_oid_equal
#define git_oid_tostr		      rel_libgit2.git_oid_tostr
#define git_patch_free		      rel_libgit2.git_patch_free
#define git_patch_from_buffers	      rel_libgit2.git_patch_from_buffers
#define git_patch_to_buf	      rel_libgit2.git_patch_to_buf
#define git_reference_create	      rel_libgit2.git_reference_create
#define git_reference_dwim	      rel_libgit2.git_reference_dwim
#define git_reference_free	      rel_libgit2.git_reference_free
#define git_reference_iterator_free   rel_libgit2.git_reference_iterator_free
#define git_reference_iterator_glob_new \
	rel_libgit2.git_reference_iterator_glob_new
#define git_reference_iterator_new    rel_libgit2.git_reference_iterator_new
#define git_reference_lookup	      rel_libgit2.git_reference_lookup
#define git_reference_name_is_valid   rel_libgit2.git_reference_name_is_valid
#define git_reference_name_to_id      rel_libgit2.git_reference_name_to_id
#define git_reference_next_name	      rel_libgit2.git_reference_next_name
#define git_reference_resolve	      rel_libgit2.git_reference_resolve
#define git_reference_symbolic_target rel_libgit2.git_reference_symbolic_target
#define git_reference_target	      rel_libgit2.git_reference_target
#define git_reference_type	      rel_libgit2.git_reference_type
#define git_repository_commondir      rel_libgit2.git_repository_commondir
#define git_repository_config_snapshot \
	rel_libgit2.git_repository_config_snapshot
#define git_repository_free	   rel_libgit2.git_repository_free
#define git_repository_head_unborn rel_libgit2.git_repository_head_unborn
#define git_repository_init	   rel_libgit2.git_repository_init
#define git_repository_init_ext	   rel_libgit2.git_repository_init_ext
#define git_repository_init_options_init \
	rel_libgit2.git_repository_init_options_init
#define git_repository_is_bare	   rel_libgit2.git_repository_is_bare
#define git_repository_odb	   rel_libgit2.git_repository_odb
#define git_repository_open_ext	   rel_libgit2.git_repository_open_ext
#define git_repository_path	   rel_libgit2.git_repository_path
#define git_repository_set_odb	   rel_libgit2.git_repository_set_odb
#define git_revparse_single	   rel_libgit2.git_revparse_single
#define git_transaction_commit	   rel_libgit2.git_transaction_commit
#define git_transaction_free	   rel_libgit2.git_transaction_free
#define git_transaction_lock_ref   rel_libgit2.git_transaction_lock_ref
#define git_transaction_new	   rel_libgit2.git_transaction_new
#define git_transaction_remove	   rel_libgit2.git_transaction_remove
#define git_transaction_set_target rel_libgit2.git_transaction_set_target
#define git_tree_entry_filemode	   rel_libgit2.git_tree_entry_filemode
#define git_tree_entry_id	   rel_libgit2.git_tree_entry_id
#define git_tree_free		   rel_libgit2.git_tree_free
#define git_tree_lookup		   rel_libgit2.git_tree_lookup
#define git_treebuilder_entrycount rel_libgit2.git_treebuilder_entrycount
#define git_treebuilder_free	   rel_libgit2.git_treebuilder_free
#define git_treebuilder_get	   rel_libgit2.git_treebuilder_get
#define git_treebuilder_insert	   rel_libgit2.git_treebuilder_insert
#define git_treebuilder_new	   rel_libgit2.git_treebuilder_new
#define git_treebuilder_remove	   rel_libgit2.git_treebuilder_remove
#define git_treebuilder_write	   rel_libgit2.git_treebuilder_write
#endif

#endif

#endif
