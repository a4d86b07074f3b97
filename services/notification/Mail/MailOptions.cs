using System.ComponentModel.DataAnnotations;

namespace DaprShop.Notification.Mail;

/// <summary>Section <c>Mail</c>: whether notifications are sent by e-mail too, and to where.</summary>
internal sealed record MailOptions
{
    /// <summary>A user's address is the user's id at this domain; empty: no mail is sent.</summary>
    [RegularExpression(@"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*", ErrorMessage = "Mail:Domain must be a domain such as example.org, or empty to send no mail.")]
    public string Domain { get; init; } = "";

    /// <summary>How long a mail is tried; then it is given up, and its notification stays in the inbox.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromDays(1);
}
