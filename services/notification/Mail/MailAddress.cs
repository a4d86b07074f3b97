using System.Text.RegularExpressions;

namespace DaprShop.Notification.Mail;

/// <summary>Where a user's mail goes.</summary>
internal static partial class MailAddress
{
    private const int MaxLocalPart = 64;

    /// <returns>Null: no mail is sent, or the id cannot be the local part of an address.</returns>
    public static string? Of(string userId, MailOptions options) =>
        options.Domain.Length > 0 && userId.Length <= MaxLocalPart && LocalPart().IsMatch(userId) ? $"{userId}@{options.Domain}" : null;

    // Anything else could name a second address or another header.
    [GeneratedRegex(@"^[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex LocalPart();
}
