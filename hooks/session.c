/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "session.h"

#include "systemd.h"

static int open_parts(struct session *session, bool is_strict, struct error *err)
{
	int r = root_open(&session->root, "/", err);

	if (r < 0)
		return r;
	r = config_read(&session->config, &session->root, err);
	if (r < 0 && !is_strict) {
		account_add(&session->hook.account, LOG_WARNING, "%s; the defaults hold",
			    err->msg);
		r = config_default(&session->config, err);
	}
	session->bus.open = systemd_open;
	return r;
}

int session_open(struct session *session, bool is_strict, struct error *err)
{
	int r;

	*session = SESSION_NONE;
	r = open_parts(session, is_strict, err);
	if (r < 0) {
		session_close(session);
		return r;
	}
	kernel_init(&session->kernel, &session->root);
	session->effects = kernel_effects(&session->kernel);
	session->hook.root = &session->root;
	session->hook.effects = &session->effects;
	session->hook.bus = &session->bus;
	session->hook.config = &session->config;
	session->hook.end = effects_now(&session->effects) + session->config.prepare_ms;
	return 0;
}

void session_close(struct session *session)
{
	hook_done(&session->hook);
	bus_close(&session->bus);
	kernel_done(&session->kernel);
	config_done(&session->config);
	root_close(&session->root);
	*session = SESSION_NONE;
}
