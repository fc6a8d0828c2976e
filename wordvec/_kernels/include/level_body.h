/* The body for the level that the macros describe; they are gone afterwards. Included by levels.h alone. */
#include "simd_body.h"
#include WV_BODY
#undef LEVEL
#undef NAME
#undef TARGET
#undef TARGET_WITH
#undef LANES
