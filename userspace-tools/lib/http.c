// SPDX-License-Identifier: GPL-2.0-only
/*
 * HTTP by libevent. One thread: who is slow to ask or to read keeps nobody else
 * waiting, for nothing but the making of a page takes time.
 */
#include "http.h"
#include "../vmm/util.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/util.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Nothing that is sent here is long, and nobody is waited for. */
#define MAX_HEADERS 8192
#define TIMEOUT_S 10

/**
 * struct server - all that is set up, and torn down in the opposite order
 * @base: waits
 * @http: answers
 * @signals: end it
 */
struct server {
	struct event_base *base;
	struct evhttp *http;
	struct event *signals[2];
};

/* What matters is reported from here, in one line. */
static void keep_quiet(int severity, const char *text)
{
	(void)severity;
	(void)text;
}

static void answer_page(struct evhttp_request *request, void *arg)
{
	const struct http_page *page = arg;
	struct evbuffer *body = evbuffer_new();
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool ok = body && out;

	if (ok)
		ok = page->write(out) == STATUS_OK;
	if (out && fclose(out))
		ok = false;
	if (ok && !evbuffer_add(body, text, size)) {
		evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
				  page->type);
		evhttp_send_reply(request, HTTP_OK, "OK", body);
	} else {
		evhttp_send_error(request, HTTP_SERVUNAVAIL, "the module does not answer");
	}
	free(text);
	if (body)
		evbuffer_free(body);
}

static void end(evutil_socket_t signal, short events, void *base)
{
	(void)signal;
	(void)events;
	event_base_loopbreak(base);
}

static bool prepare(struct server *server, const struct http_page *page)
{
	static const int numbers[] = { SIGINT, SIGTERM };

	server->base = event_base_new();
	server->http = server->base ? evhttp_new(server->base) : NULL;
	if (!server->http)
		return false;
	evhttp_set_allowed_methods(server->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(server->http, MAX_HEADERS);
	evhttp_set_max_body_size(server->http, 0);
	evhttp_set_timeout(server->http, TIMEOUT_S);
	if (evhttp_set_cb(server->http, page->path, answer_page, (void *)page))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		server->signals[i] = evsignal_new(server->base, numbers[i], end, server->base);
		if (!server->signals[i] || event_add(server->signals[i], NULL))
			return false;
	}
	return true;
}

static void tear_down(struct server *server)
{
	for (size_t i = 0; i < ARRAY_SIZE(server->signals); i++)
		if (server->signals[i])
			event_free(server->signals[i]);
	if (server->http)
		evhttp_free(server->http);
	if (server->base)
		event_base_free(server->base);
}

static enum status listen_on(struct server *server, const char *address,
			     const struct http_page *page)
{
	const char *colon = strrchr(address, ':');
	struct sockaddr_storage parsed;
	int size = sizeof(parsed);
	char host[64];

	if (!colon || !colon[1] ||
	    evutil_parse_sockaddr_port(address, (struct sockaddr *)&parsed, &size)) {
		report("'%s' is no ADDRESS:PORT in numbers, such as 127.0.0.1:9177 or [::1]:9177",
		       address);
		return STATUS_USAGE;
	}
	/* The parser has seen to it that what is in front of the port is an address. */
	snprintf(host, sizeof(host), "%.*s", (int)(colon - address), address);
	if (host[0] == '[') {
		memmove(host, host + 1, strlen(host));
		host[strlen(host) - 1] = '\0';
	}
	if (evhttp_bind_socket(server->http, host, atoi(colon + 1))) {
		report("cannot listen on %s: %s", address, strerror(errno));
		return errno == EACCES ? STATUS_DENIED : STATUS_FAILED;
	}
	printf("listening on http://%s%s\n", address, page->path);
	fflush(stdout);
	return STATUS_OK;
}

enum status http_serve(const char *address, const struct http_page *page)
{
	struct server server = { };
	enum status status = STATUS_FAILED;

	event_set_log_callback(keep_quiet);
	if (prepare(&server, page))
		status = listen_on(&server, address, page);
	else
		report("no memory for a server");
	if (status == STATUS_OK && event_base_dispatch(server.base) < 0) {
		report("the server failed: %s", strerror(errno));
		status = STATUS_FAILED;
	}
	tear_down(&server);
	return status;
}
