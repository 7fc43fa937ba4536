/* SPDX-License-Identifier: MIT */
/* What the codes of replies mean; see <netlayers/ftp.h>. */
#include <netlayers/ftp.h>

#include <stddef.h>

static const struct {
    int code;
    const char *text;
} replies[] = {
    {110, "Restart marker"},
    {120, "Ready later"},
    {125, "Data connection open, transfer starting"},
    {150, "Opening data connection"},
    {200, "Command okay"},
    {202, "Command superfluous at this site"},
    {211, "System status"},
    {212, "Directory status"},
    {213, "File status"},
    {214, "Help message"},
    {215, "System type"},
    {220, "Ready"},
    {221, "Goodbye"},
    {225, "Data connection open, no transfer in progress"},
    {226, "Transfer complete"},
    {227, "Entering Passive Mode"},
    {229, "Entering Extended Passive Mode"},
    {230, "Logged in"},
    {232, "Logged in, authorized by security data exchange"},
    {234, "Security data exchange complete"},
    {235, "Security data exchange complete"},
    {250, "Requested file action okay"},
    {257, "Created"},
    {331, "User name okay, need password"},
    {332, "Need account for login"},
    {334, "Security mechanism okay, need security data"},
    {335, "Need more security data"},
    {336, "Challenge for the user name, need password"},
    {350, "Pending further information"},
    {421, "Service not available, closing control connection"},
    {425, "Cannot open data connection"},
    {426, "Connection closed, transfer aborted"},
    {431, "Need some unavailable resource to process security"},
    {450, "File unavailable now"},
    {451, "Local error in processing"},
    {452, "Not enough storage space"},
    {500, "Syntax error, command unrecognized"},
    {501, "Syntax error in parameters"},
    {502, "Command not implemented"},
    {503, "Bad sequence of commands"},
    {504, "Command not implemented for that parameter"},
    {522, "Network protocol not supported"},
    {530, "Not logged in"},
    {532, "Need account for storing files"},
    {533, "Command protection level denied for policy reasons"},
    {534, "Request denied for policy reasons"},
    {535, "Failed security check"},
    {536, "Requested protection level not supported by mechanism"},
    {537, "Command protection level not supported by security mechanism"},
    {550, "File unavailable"},
    {551, "Page type unknown"},
    {552, "Exceeded storage allocation"},
    {553, "File name not allowed"},
    {631, "Integrity protected reply"},
    {632, "Confidentiality and integrity protected reply"},
    {633, "Confidentiality protected reply"},
};

const char *netl_ftp_reply_text(int code)
{
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        if (replies[i].code == code)
            return replies[i].text;
    return "";
}
