// Trees of elements become HTML: see html.c.
#pragma once
#include "quickjs.h"

// html_begin is told where the stack begins, and how far it may go.
void html_begin(const char *base, u32 size);

JSCFunction html_tree, html_child, html_text, html_jsx, html_node;
