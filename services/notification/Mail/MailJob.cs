using DaprShop.Contracts.Api;

namespace DaprShop.Notification.Mail;

/// <summary>What a planned mail brings when its time has come.</summary>
/// <param name="Attempt">How many times it was tried before.</param>
/// <param name="Since">When it was planned first.</param>
internal sealed record MailJob(string UserId, NotificationView Notification, int Attempt, DateTimeOffset Since);

/// <summary><c>mail/{notification id}</c>: the mail server has taken it (R1).</summary>
internal sealed record SentMail(string NotificationId)
{
    public static string Key(string notificationId) => $"mail/{notificationId}";
}
