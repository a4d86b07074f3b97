using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Order.DeadLetters;

internal enum RedeliveryOutcome
{
    Taken,
    Refused,

    /// <summary>Whether it took effect is unknown.</summary>
    Unanswered,
}

/// <summary>The consumers of dead letters, by service invocation.</summary>
/// <param name="http">Takes the app id as the host.</param>
internal sealed class ConsumerClient(HttpClient http, TimeProvider clock)
{
    private static readonly TimeSpan QuestionLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan DeliveryLimit = TimeSpan.FromSeconds(15);

    /// <summary>What the consumer noted about a message.</summary>
    /// <returns>Null: nothing, or it does not answer now; the dead letter is worth more than its reason.</returns>
    public async Task<DeliveryFailure?> FindFailureAsync(Subscription subscription, string? eventId, CancellationToken cancellationToken)
    {
        if (eventId is null)
        {
            return null;
        }

        var path = $"http://{subscription.AppId}/internal/failures?subscription={subscription.Name}&eventId={Uri.EscapeDataString(eventId)}";
        using var limit = new CancellationTokenSource(QuestionLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var answer = await http.GetAsync(new Uri(path), either.Token);
            return answer.StatusCode == HttpStatusCode.OK
                ? await answer.Content.ReadFromJsonAsync<DeliveryFailure>(ShopJson.Documents, either.Token)
                : null;
        }
        catch (Exception failure) when (IsNoAnswer(failure, cancellationToken))
        {
            return null;
        }
    }

    /// <summary>
    /// Delivers a message to this one consumer, on the route that its subscription would take: no other subscriber of the topic sees it. The
    /// consumer's own dedup makes a repeat harmless.
    /// </summary>
    public async Task<(RedeliveryOutcome Outcome, string Detail)> DeliverAsync(
        Subscription subscription, DeadMessage message, CancellationToken cancellationToken)
    {
        using var content = new ReadOnlyMemoryContent(message.Bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/cloudevents+json");
        var path = subscription.Routes.GetValueOrDefault(message.EventType ?? "", subscription.DefaultPath);
        using var limit = new CancellationTokenSource(DeliveryLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var answer = await http.PostAsync(new Uri($"http://{subscription.AppId}{path}"), content, either.Token);
            var status = (int)answer.StatusCode;
            return status switch
            {
                >= 500 => (RedeliveryOutcome.Unanswered, $"{subscription.AppId} answered {status}."),
                >= 300 => (RedeliveryOutcome.Refused, $"{subscription.AppId} answered {status}."),
                _ => await JudgeAsync(subscription, message, await answer.Content.ReadAsByteArrayAsync(either.Token), cancellationToken),
            };
        }
        catch (Exception failure) when (IsNoAnswer(failure, cancellationToken))
        {
            return (RedeliveryOutcome.Unanswered, $"{subscription.AppId} did not answer.");
        }
    }

    /// <summary>As a sidecar reads a subscriber's answer: an empty one is a success. Why it was not taken is in the note that the consumer has just made.</summary>
    private async Task<(RedeliveryOutcome Outcome, string Detail)> JudgeAsync(
        Subscription subscription, DeadMessage message, byte[] body, CancellationToken cancellationToken)
    {
        var status = body.Length == 0 ? null : JsonSerializer.Deserialize<SubscriberAnswer>(body, ShopJson.Documents)?.Status;
        if (status is null or "SUCCESS")
        {
            return (RedeliveryOutcome.Taken, "");
        }

        var failure = await FindFailureAsync(subscription, message.EventId, cancellationToken);
        return (RedeliveryOutcome.Refused, failure?.Reason ?? $"{subscription.AppId} answered {status}.");
    }

    private static bool IsNoAnswer(Exception failure, CancellationToken cancellationToken) =>
        failure is HttpRequestException or JsonException or IOException
        || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private sealed record SubscriberAnswer(string? Status);
}
