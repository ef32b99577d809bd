/* SPDX-License-Identifier: MIT */
#include "kb.h"
void kb_work_ablation(const struct kb_backend *backend)
{
    (void)backend;
}
