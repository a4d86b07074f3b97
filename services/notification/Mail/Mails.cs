using System.Net;
using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.State;
using Microsoft.Extensions.Options;

namespace DaprShop.Notification.Mail;

/// <summary>
/// Notifications by e-mail. Each is a job of the sidecar, kept in the state store, so that a mail server that is away holds up nothing and a mail
/// that is planned outlives any process. Sent at least once: a marker keeps a repeat from being sent again, unless the process died before it.
/// </summary>
internal sealed partial class Mails(
    MailSidecar sidecar, DocumentStore documents, IOptions<MailOptions> options, TimeProvider clock, ILogger<Mails> logger)
{
    private const int MostDoublings = 8;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    /// <summary>Plans the mail of a notification that is in the inbox; for a repeated one once more, which its name makes the same.</summary>
    public Task PlanAsync(string userId, NotificationView notification, CancellationToken cancellationToken) =>
        MailAddress.Of(userId, options.Value) is null
            ? Task.CompletedTask
            : PlanAsync(new MailJob(userId, notification, Attempt: 0, clock.GetUtcNow()), TimeSpan.Zero, cancellationToken);

    /// <summary>Sends a mail whose time has come, or plans its next attempt.</summary>
    public async Task SendAsync(MailJob job, CancellationToken cancellationToken)
    {
        var notification = job.Notification;
        var key = SentMail.Key(notification.Id);
        if (MailAddress.Of(job.UserId, options.Value) is not { } address || await documents.ReadOnceAsync<SentMail>(key, cancellationToken) is not null)
        {
            return;
        }

        if (await sidecar.SendAsync(address, notification.Title, Html(notification), cancellationToken))
        {
            await documents.WriteOnceAsync(key, new SentMail(notification.Id), cancellationToken);
            LogSent(notification.Kind, notification.OrderId);
        }
        else if (clock.GetUtcNow() - job.Since >= options.Value.GiveUpAfter)
        {
            LogGivenUp(notification.Kind, notification.OrderId, job.Attempt + 1);
        }
        else
        {
            LogFailed(notification.Kind, notification.OrderId, job.Attempt + 1);
            await PlanAsync(job with { Attempt = job.Attempt + 1 }, PauseAfter(job.Attempt), cancellationToken);
        }
    }

    internal static TimeSpan PauseAfter(int attempt)
    {
        var pause = FirstPause * (1 << Math.Min(attempt, MostDoublings));
        return pause < LongestPause ? pause : LongestPause;
    }

    // Each attempt has a name of its own: a job cannot be planned anew while it runs.
    private Task PlanAsync(MailJob job, TimeSpan after, CancellationToken cancellationToken) =>
        sidecar.PlanAsync($"mail-{job.Notification.Id}-{job.Attempt}", job, after, cancellationToken);

    private static string Html(NotificationView notification) =>
        $"<p>{WebUtility.HtmlEncode(notification.Text)}</p><p>Order {WebUtility.HtmlEncode(notification.OrderId)}</p>";

    [LoggerMessage(LogLevel.Information, "Mail {Kind} for order {OrderId}: sent")]
    private partial void LogSent(string kind, string orderId);

    [LoggerMessage(LogLevel.Warning, "Mail {Kind} for order {OrderId}: attempt {Attempt} failed; it is tried again")]
    private partial void LogFailed(string kind, string orderId, int attempt);

    [LoggerMessage(LogLevel.Warning, "Mail {Kind} for order {OrderId}: given up after attempt {Attempt}; the notification is in the inbox")]
    private partial void LogGivenUp(string kind, string orderId, int attempt);
}
