/* SPDX-License-Identifier: MIT */
/*
 * Draws the pictures of the guides, as SVG, from the library's own tables where there are any.
 *
 *     pictures layers|packet|handshake en|ko > picture.svg
 *
 * - layers: OSI's seven layers beside the four of TCP/IP, with the headers that the tables know;
 * - packet: one message on its way down, with the lengths of the headers from the tables;
 * - handshake: a TCP connection from SYN to the last ACK, with the states of both ends.
 */
#include <netlayers/transport.h>
#include <netlayers/wire.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum word {
    PHYSICAL,
    DATA_LINK,
    NETWORK,
    TRANSPORT,
    SESSION,
    PRESENTATION,
    APPLICATION,
    LINK,
    INTERNET,
    MESSAGE,
    SEGMENT,
    DATAGRAM,
    FRAME,
    UNIT,
    HEADERS,
    CLIENT,
    SERVER,
    REQUEST,
    ANSWER,
    WORDS
};

static const char *const english[WORDS] = {
    "Physical",     "Data link",   "Network", "Transport", "Session",
    "Presentation", "Application", "Link",    "Internet",  "message",
    "segment",      "datagram",    "frame",   "what goes", "headers in this library",
    "client",       "server",      "request", "answer",
};

static const char *const korean[WORDS] = {
    "물리",       "데이터 링크", "네트워크", "전송",      "세션",
    "표현",       "응용",        "링크",     "인터넷",    "메시지",
    "세그먼트",   "데이터그램",  "프레임",   "오가는 것", "이 라이브러리의 헤더",
    "클라이언트", "서버",        "요청",     "응답",
};

static const char *const *words = english;

/* One colour a layer, as in the documentation's skin. */
static const char *const colours[NETL_LAYERS] = {"#57606a", "#0969da", "#1a7f37", "#9a6700",
                                                 "#b42318"};

static void begin(int width, int height)
{
    printf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
           "height=\"%d\" font-family=\"system-ui, 'Noto Sans', 'Noto Sans CJK KR', sans-serif\" "
           "font-size=\"15\">\n",
           width, height, width, height);
}

static void label(int x, int y, const char *anchor, const char *colour, const char *text)
{
    printf("<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n", x, y, anchor,
           colour, text);
}

static void box(int x, int y, int width, int height, const char *colour, const char *text)
{
    printf("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\" fill=\"%s\" "
           "fill-opacity=\"0.1\" stroke=\"%s\"/>\n",
           x, y, width, height, colour, colour);
    label(x + width / 2, y + height / 2 + 5, "middle", colour, text);
}

/* ── layers ───────────────────────────────────────────────────────────────────────────────── */

/* The ids of a layer's headers, in rows that fit the column. */
static void list_headers(int layer, int x, int y)
{
    char row[128] = "";
    size_t used = 0;
    enum netl_header_kind last = NETL_HEADER_NONE;
    for (size_t i = 0; i < netl_header_description_count(); i++) {
        const struct netl_header_description *header = netl_header_description_at(i);
        if ((int)header->layer != layer || header->kind == last)
            continue;
        last = header->kind;
        if (used && used + strlen(header->id) > 34) {
            label(x, y, "start", colours[layer], row);
            used = 0;
            y += 19;
        }
        used +=
            (size_t)snprintf(row + used, sizeof row - used, "%s%s", used ? ", " : "", header->id);
        if (used >= sizeof row)
            used = sizeof row - 1;
    }
    if (used)
        label(x, y, "start", colours[layer], row);
}

static void draw_layers(void)
{
    static const enum netl_layer of_osi[] = {NETL_LINK,       NETL_LINK,        NETL_INTERNET,
                                             NETL_TRANSPORT,  NETL_APPLICATION, NETL_APPLICATION,
                                             NETL_APPLICATION};
    static const enum word names[] = {LINK, INTERNET, TRANSPORT, APPLICATION};
    static const enum word units[] = {FRAME, DATAGRAM, SEGMENT, MESSAGE};
    static const int tops[] = {330, 228, 176, 40}, heights[] = {96, 96, 46, 130};
    char text[64];

    begin(780, 440);
    label(100, 26, "middle", "#1b1f24", "OSI 7");
    label(300, 26, "middle", "#1b1f24", "TCP/IP 4");
    label(440, 26, "middle", "#1b1f24", words[UNIT]);
    label(630, 26, "middle", "#1b1f24", words[HEADERS]);
    for (int osi = 7; osi >= 1; osi--) {
        static const int osi_tops[] = {0, 380, 330, 228, 176, 128, 84, 40};
        int height = osi == 3 ? 96 : osi == 4 ? 46 : osi == 2 ? 44 : osi == 1 ? 46 : 42;
        snprintf(text, sizeof text, "%d %s", osi, words[PHYSICAL + osi - 1]);
        box(20, osi_tops[osi], 160, height, colours[of_osi[osi - 1]], text);
    }
    for (int i = 0; i < 4; i++) {
        int layer = NETL_LINK + i, middle = tops[i] + heights[i] / 2;
        snprintf(text, sizeof text, "%d %s", i + 1, words[names[i]]);
        box(220, tops[i], 160, heights[i], colours[layer], text);
        label(440, middle + 5, "middle", colours[layer], words[units[i]]);
        if (layer == NETL_APPLICATION)
            label(510, middle + 5, "start", colours[layer], "http (text)");
        else
            list_headers(layer, 510, layer == NETL_INTERNET ? tops[i] + 22 : middle + 5);
    }
    puts("</svg>");
}

/* ── packet ───────────────────────────────────────────────────────────────────────────────── */

/* Bytes of a header without its options. */
static unsigned fixed_bytes(const char *id)
{
    const struct netl_header_description *header = netl_header_description_find(id);
    unsigned bits = 0;
    for (size_t i = 0; header && i < header->field_count; i++) {
        unsigned end = (unsigned)header->fields[i].first_bit + header->fields[i].width_bits;
        if (header->fields[i].width_bits && end > bits)
            bits = end;
    }
    return bits / 8;
}

static void draw_packet(void)
{
    static const char *const ids[] = {"tcp", "ipv4", "ethernet"};
    static const int layers[] = {NETL_TRANSPORT, NETL_INTERNET, NETL_LINK};
    static const enum word units[] = {MESSAGE, SEGMENT, DATAGRAM, FRAME};
    static const enum word names[] = {APPLICATION, TRANSPORT, INTERNET, LINK};
    char text[64];

    begin(760, 240);
    for (int row = 0; row < 4; row++) {
        int y = 14 + 56 * row;
        snprintf(text, sizeof text, "%s: %s", words[names[row]], words[units[row]]);
        label(20, y + 27, "start", colours[NETL_APPLICATION - row], text);
        box(550, y, 190, 44, colours[NETL_APPLICATION], "GET /hello.txt …");
        for (int i = 0; i < row; i++) {
            snprintf(text, sizeof text, "%s %u", ids[i], fixed_bytes(ids[i]));
            box(550 - 106 * (i + 1), y, 100, 44, colours[layers[i]], text);
        }
    }
    puts("</svg>");
}

/* ── handshake ────────────────────────────────────────────────────────────────────────────── */

struct step {
    int y;
    bool to_server;
    const char *text;          /* over the arrow */
    enum netl_tcp_state left;  /* the client's state after it; NETL_TCP_CLOSED: as before */
    enum netl_tcp_state right; /* the server's */
};

static const struct step steps[] = {
    {60, true, "SYN seq=x", NETL_TCP_SYN_SENT, NETL_TCP_SYN_RECEIVED},
    {115, false, "SYN,ACK seq=y ack=x+1", NETL_TCP_ESTABLISHED, NETL_TCP_CLOSED},
    {170, true, "ACK seq=x+1 ack=y+1", NETL_TCP_CLOSED, NETL_TCP_ESTABLISHED},
    {235, true, NULL, NETL_TCP_CLOSED, NETL_TCP_CLOSED},
    {285, false, NULL, NETL_TCP_CLOSED, NETL_TCP_CLOSED},
    {350, true, "FIN,ACK", NETL_TCP_FIN_WAIT_1, NETL_TCP_CLOSE_WAIT},
    {405, false, "FIN,ACK", NETL_TCP_TIME_WAIT, NETL_TCP_LAST_ACK},
    {460, true, "ACK", NETL_TCP_CLOSED, NETL_TCP_CLOSED},
};

static void draw_step(const struct step *step)
{
    int from = step->to_server ? 210 : 550, to = step->to_server ? 550 : 210;
    const char *text = step->text ? step->text : words[step->to_server ? REQUEST : ANSWER];
    const char *colour = step->text ? colours[NETL_TRANSPORT] : colours[NETL_APPLICATION];
    int tip = step->to_server ? to - 10 : to + 10;
    printf("<path d=\"M%d %d L%d %d M%d %d L%d %d L%d %d\" fill=\"none\" stroke=\"%s\" "
           "stroke-width=\"1.5\"/>\n",
           from, step->y, to, step->y + 28, tip, step->y + 21, to, step->y + 28, tip, step->y + 32,
           colour);
    label(380, step->y + 2, "middle", colour, text);
    /* The sender's state changes as it sends, the receiver's as it receives. */
    int left_y = step->to_server ? step->y + 5 : step->y + 33;
    int right_y = step->to_server ? step->y + 33 : step->y + 5;
    if (step->left != NETL_TCP_CLOSED)
        label(198, left_y, "end", "#1b1f24", netl_tcp_state_name(step->left));
    if (step->right != NETL_TCP_CLOSED)
        label(562, right_y, "start", "#1b1f24", netl_tcp_state_name(step->right));
}

static void draw_handshake(void)
{
    begin(760, 520);
    label(210, 24, "middle", "#1b1f24", words[CLIENT]);
    label(550, 24, "middle", "#1b1f24", words[SERVER]);
    label(562, 50, "start", "#1b1f24", netl_tcp_state_name(NETL_TCP_LISTEN));
    puts("<path d=\"M210 34 V510 M550 34 V510\" stroke=\"#57606a\" fill=\"none\"/>");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        draw_step(&steps[i]);
    label(562, 493, "start", "#1b1f24", netl_tcp_state_name(NETL_TCP_CLOSED));
    puts("</svg>");
}

int main(int argc, char **argv)
{
    bool known = argc == 3 && (strcmp(argv[2], "en") == 0 || strcmp(argv[2], "ko") == 0);
    if (known && strcmp(argv[2], "ko") == 0)
        words = korean;
    if (known && strcmp(argv[1], "layers") == 0)
        draw_layers();
    else if (known && strcmp(argv[1], "packet") == 0)
        draw_packet();
    else if (known && strcmp(argv[1], "handshake") == 0)
        draw_handshake();
    else {
        fprintf(stderr, "usage: pictures layers|packet|handshake en|ko\n");
        return 2;
    }
    return fflush(stdout) != 0 || ferror(stdout) != 0;
}
