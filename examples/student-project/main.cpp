/* SPDX-License-Identifier: MIT */
/*
 * The same as main.c in C++: handlers are lambdas that capture nothing, and destructors close.
 *
 * Watch: NETLAYERS='trace=text sandbox=auto' ./hello-cpp
 */
#include <netlayers.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string_view>

namespace
{

/* Each thing with the function that closes it; the host is declared first, so it closes last. */
template <auto Close> struct closer {
    template <typename Thing> void operator()(Thing *thing) const
    {
        Close(thing);
    }
};
using host_ptr = std::unique_ptr<netl_host, closer<netl_host_close>>;
using tcp_ptr = std::unique_ptr<netl_tcp, closer<netl_tcp_close>>;
using listener_ptr = std::unique_ptr<netl_tcp_listener, closer<netl_tcp_listener_close>>;

/* The server's side: sends back whatever came. */
void accepted(netl_tcp_listener *, netl_tcp *conn, void *context)
{
    netl_tcp_handlers handlers{};
    handlers.received = [](netl_tcp *peer, void *) {
        std::array<char, 512> bytes;
        long length = netl_tcp_read(peer, bytes.data(), bytes.size());
        if (length > 0)
            netl_tcp_write(peer, bytes.data(), static_cast<size_t>(length));
        else if (length != NETL_ERROR_AGAIN)
            netl_tcp_close(peer);
    };
    handlers.closed = [](netl_tcp *peer, int, void *) { netl_tcp_close(peer); };
    netl_tcp_handle(conn, &handlers, context);
}

} // namespace

int main()
{
    host_ptr host{netl_host_open(nullptr)};
    if (!host)
        return netl_explain(stderr);

    listener_ptr listener{netl_tcp_listen(host.get(), "127.0.0.1", 0, 8)};
    netl_endpoint here{};
    if (!listener || netl_tcp_listener_handle(listener.get(), accepted, nullptr) < 0 ||
        netl_tcp_listener_local(listener.get(), &here) < 0)
        return netl_explain(stderr);

    tcp_ptr conn{netl_tcp_connect(host.get(), "127.0.0.1", here.port)};
    if (!conn)
        return netl_explain(stderr);
    constexpr std::string_view greeting = "hello";
    if (netl_tcp_send(conn.get(), greeting.data(), greeting.size()) < 0)
        return netl_explain(stderr);

    std::array<char, 64> answer;
    long length = netl_tcp_receive(conn.get(), answer.data(), answer.size());
    if (length <= 0)
        return netl_explain(stderr);
    std::printf("libnetlayers %s: the answer is \"%.*s\"\n", netl_version(),
                static_cast<int>(length), answer.data());
    return 0;
}
