"""Programs brought to a form that is planned more easily and does the same at the new service.

Only where all of a program can be planned in its simpler form that is taken; findings speak of it as it was.
"""

from __future__ import annotations

from codemods.simpler.base_addresses import with_whole_addresses
from codemods.simpler.chosen_parameters import with_chosen_parameters
from codemods.simpler.configurations import with_displayed_configurations
from codemods.simpler.default_parts import with_default_parts
from codemods.simpler.documents import with_documents
from codemods.simpler.held_client import with_held_clients
from codemods.simpler.inlined_posts import with_posts_inlined
from codemods.simpler.nested_configurations import with_nested_written
from codemods.simpler.one_attempt import with_one_attempt
from codemods.simpler.parted_assignments import with_assignments_parted
from codemods.simpler.regions import with_regions_written
from codemods.simpler.session_ids import with_session_ids

__all__ = ["FORMS", "FORMS_TO_GLADIA", "FURTHER_FORMS"]

FORMS = (
    with_assignments_parted,
    with_posts_inlined,
    with_one_attempt,
    with_posts_inlined,
    with_whole_addresses,
    with_regions_written,
    with_displayed_configurations,
    with_default_parts,
    with_nested_written,
    with_session_ids,
)
"""What gives files their simpler form, one after the other; each takes what is known of the one before."""
FURTHER_FORMS = (with_documents, with_documents, with_documents)
"""Those that change more of a program's own shape, for where the others are not enough; a pair may go several ways."""
FORMS_TO_GLADIA = (with_held_clients, with_chosen_parameters)
"""The same for programs that move to Gladia."""
