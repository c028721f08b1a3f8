/* The demo accounts know one another. SPDX-License-Identifier: MIT */
#pragma once

struct node;

/* Gives each demo account that has no buddy list one with the others in it. Once documents are loaded; what fails is
 * logged. Does nothing where there are no demo accounts. */
void demo_lists_make(struct node *node);
