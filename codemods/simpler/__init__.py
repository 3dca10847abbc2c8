"""Programs brought to a form that is planned more easily and does the same at the new service.

Only where all of a program can be planned in its simpler form that is taken; findings speak of it as it was.
"""

from __future__ import annotations

from codemods.simpler.base_addresses import with_whole_addresses
from codemods.simpler.chosen_parameters import with_chosen_parameters
from codemods.simpler.chosen_sections import with_sections_chosen
from codemods.simpler.configurations import with_displayed_configurations
from codemods.simpler.connect_options import with_connects_written
from codemods.simpler.constant_queries import with_constants_in_queries
from codemods.simpler.default_parts import with_default_parts
from codemods.simpler.documents import with_documents
from codemods.simpler.early_ends import with_early_ends_left_out
from codemods.simpler.ended_refusals import with_refusals_ended
from codemods.simpler.filtered_configurations import with_filters_written
from codemods.simpler.first_reads import with_first_reads_behind
from codemods.simpler.held_client import with_held_clients
from codemods.simpler.inlined_posts import with_posts_inlined
from codemods.simpler.joined_addresses import with_addresses_written
from codemods.simpler.keyword_defaults import with_keyword_defaults
from codemods.simpler.nested_configurations import with_nested_written
from codemods.simpler.one_attempt import with_one_attempt
from codemods.simpler.other_generations import with_one_generation
from codemods.simpler.own_ids import with_own_ids
from codemods.simpler.own_tokens import with_keys_for_tokens
from codemods.simpler.parted_assignments import with_assignments_parted
from codemods.simpler.plain_statuses import with_plain_statuses
from codemods.simpler.query_pairs import with_queries_encoded
from codemods.simpler.query_texts import with_queries_in_steps
from codemods.simpler.regions import with_regions_written
from codemods.simpler.session_ids import with_session_ids
from codemods.simpler.short_names import with_short_names_written_out
from codemods.simpler.shown_answers import with_answers_not_shown
from codemods.simpler.socket_clients import with_whole_socket_addresses
from codemods.simpler.spelled_values import with_values_as_they_are
from codemods.simpler.text_templates import with_templates_filled
from codemods.simpler.tokens_in_place import with_keys_in_place
from codemods.simpler.trusted_answers import with_answers_trusted
from codemods.simpler.types_as_sent import with_types_as_sent
from codemods.simpler.unsent_fields import with_sent_fields
from codemods.simpler.whole_first import with_wholes_first
from codemods.simpler.words_or_none import with_words_or_none
from codemods.simpler.written_keywords import with_keywords_written, with_query_keywords_written
from codemods.simpler.yielded_beginnings import with_beginnings_yielded_first

__all__ = ["FORMS", "FORMS_TO_GLADIA", "FURTHER_FORMS", "LAST_FORMS"]

FORMS = (
    with_types_as_sent,
    with_addresses_written,
    with_keyword_defaults,
    with_assignments_parted,
    with_posts_inlined,
    with_plain_statuses,
    with_refusals_ended,
    with_answers_not_shown,
    with_one_attempt,
    with_posts_inlined,
    with_whole_addresses,
    with_regions_written,
    with_displayed_configurations,
    with_default_parts,
    with_wholes_first,
    with_nested_written,
    with_sections_chosen,
    with_session_ids,
    with_sent_fields,
    with_early_ends_left_out,
)
"""What gives files their simpler form, one after the other; each takes what is known of the one before."""
FURTHER_FORMS = (
    with_answers_trusted,
    with_answers_trusted,
    with_keywords_written,
    with_filters_written,
    with_displayed_configurations,
    with_default_parts,
    with_nested_written,
    with_documents,
    with_documents,
    with_documents,
)
"""Those that change more of a program's own shape, for where the others are not enough.

A pair may go several ways; what is asked of an answer may hang on what was asked of it before.
"""
LAST_FORMS = (with_own_ids,)
"""Those that change what the program tells others, for where nothing else is enough."""
FORMS_TO_GLADIA = (
    with_one_generation,
    with_types_as_sent,
    with_addresses_written,
    with_held_clients,
    with_words_or_none,
    with_chosen_parameters,
    with_keys_for_tokens,
    with_keys_in_place,
    with_whole_socket_addresses,
    with_short_names_written_out,
    with_templates_filled,
    with_constants_in_queries,
    with_values_as_they_are,
    with_queries_encoded,
    with_query_keywords_written,
    with_queries_in_steps,
    with_connects_written,
    with_beginnings_yielded_first,
    with_first_reads_behind,
    with_sent_fields,
)
"""The same for programs that move to Gladia."""
