/* SPDX-License-Identifier: MIT */
/* What the loader tells an image: among its constants, so that nothing it does wrong can change it.
 * In a file of its own, or the compiler would believe what is written here. */
#include "header.h"

const struct kg_image_home kg_image_home = {.slot = 0};
