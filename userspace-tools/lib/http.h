/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page for a monitoring system: one path, made anew for each request.
 */
#ifndef PENG_LIB_HTTP_H
#define PENG_LIB_HTTP_H

#include "client.h"

#include <stdio.h>

/**
 * struct http_page - the page
 * @path: where it is
 * @type: Content-Type
 * @write: writes it; where that fails, the answer is 503, and what it wrote is dropped
 */
struct http_page {
	const char *path;
	const char *type;
	enum status (*write)(FILE *out);
};

/**
 * http_serve() - serve a page until SIGINT or SIGTERM
 * @address: ADDRESS:PORT, in numbers, [ADDRESS]:PORT for IPv6
 * @page: what to serve
 *
 * Says on stdout where it listens, once it does. HTTP without encryption and without
 * authentication: who can reach the address can read the page.
 *
 * Return: STATUS_OK after a signal, else what the program is to end with, after a report().
 */
enum status http_serve(const char *address, const struct http_page *page);

#endif
