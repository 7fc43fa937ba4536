# SPDX-License-Identifier: MIT
#
# make step-NAME: builds the example NAME for stepping and opens it in gdb with the kit.
#
#   ARGS='…'             the program's arguments, in place of those below
#   NETLAYERS='…'        its spec; trace=text unless told, so that netl-break has events
#   GDB_COMMANDS=FILE    gdb commands to run once it stands in main
#   BATCH=1              no dialogue: ends when the commands have run
#   GDB=…                another gdb
#
# It stops in main. Examples that open raw sockets run in a namespace of their own when the
# user is not root (gdb_namespace.sh).

GDB ?= gdb
KIT := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

STEP_ARGS_arp_lookup      = lo 127.0.0.1
STEP_ARGS_chat            = me 7000
STEP_ARGS_dns_lookup      = localhost
STEP_ARGS_dns_server      = examples/lab.zone
STEP_ARGS_frame_send      = lo ff:ff:ff:ff:ff:ff hello
STEP_ARGS_frames          = lo 4
STEP_ARGS_ftp_get         = ftp://127.0.0.1:2121/
STEP_ARGS_ftp_put         = README.md ftp://127.0.0.1:2121/README.md
STEP_ARGS_handshake       = 127.0.0.1 8080
STEP_ARGS_http_get        = http://127.0.0.1:8080/
STEP_ARGS_ledger          = --lab 4 --seed 3 --blocks 9
STEP_ARGS_path            = 127.0.0.1
STEP_ARGS_ping            = 127.0.0.1 2
STEP_ARGS_ssh_hello       = 127.0.0.1 2222
STEP_ARGS_ssh_run         = me@127.0.0.1 id
STEP_ARGS_tcp_echo_client = 127.0.0.1 7777
STEP_ARGS_udp_echo_client = 127.0.0.1 7777

STEP_PRIVILEGED = arp_lookup four_layers frame_send frames path ping

step-%: $(BUILD)/debug/%
	GDB='$(GDB)' $(if $(filter $*,$(STEP_PRIVILEGED)),$(KIT)/gdb_namespace.sh,$(GDB)) -q \
	    $(if $(BATCH),-batch) -iex 'set debuginfod enabled off' -x $(KIT)/netlayers.py \
	    -ex 'set environment NETLAYERS $(or $(NETLAYERS),trace=text)' \
	    -ex 'break main' -ex 'run' $(if $(GDB_COMMANDS),-x '$(GDB_COMMANDS)') \
	    --args $< $(or $(ARGS),$(STEP_ARGS_$*))
