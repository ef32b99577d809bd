/* SPDX-License-Identifier: MIT */
/* Everything a host program uses. Code inside a domain includes keygate/domain.h. */
#ifndef KEYGATE_KEYGATE_H
#define KEYGATE_KEYGATE_H

#include <keygate/entry.h>
#include <keygate/fault.h>
#include <keygate/gate.h>
#include <keygate/image.h>
#include <keygate/init.h>
#include <keygate/name.h>
#include <keygate/object.h>
#include <keygate/status.h>

#endif
