using DaprShop.Contracts.Events;
using DaprShop.ServiceDefaults.Events;
using DaprShop.ServiceDefaults.Faults;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DaprShop.ServiceDefaults.Messaging;

/// <summary>
/// What every subscriber of the shop runs its messages through: each has its own outcome, whatever becomes of its neighbours; outcomes are
/// counted, and why a message failed is noted before the sidecar is told.
/// </summary>
public sealed partial class MessageConsumer(FailureNotes notes, MessageCounters counters, ILogger<MessageConsumer> logger)
{
    /// <summary>Handles each message by itself.</summary>
    /// <param name="handle">Settles the message; one that it leaves, or throws at, comes again.</param>
    public Task<IResult> EachAsync(
        HttpRequest request, Subscription subscription, Func<DeliveredEvent, CancellationToken, Task> handle, CancellationToken cancellationToken) =>
        AllAsync(
            request,
            subscription,
            events => Task.WhenAll(events.Select(one => AttemptAsync([one], () => FollowAsync(one, handle, cancellationToken), cancellationToken))),
            cancellationToken);

    /// <summary>Handles what came as a whole: <paramref name="handle"/> settles what it can and runs the rest by <see cref="AttemptAsync"/>.</summary>
    public async Task<IResult> AllAsync(
        HttpRequest request, Subscription subscription, Func<IReadOnlyList<DeliveredEvent>, Task> handle, CancellationToken cancellationToken)
    {
        var delivery = await Delivery.ReadAsync(request, cancellationToken);
        await handle(delivery.Events);
        foreach (var one in delivery.Events)
        {
            Count(subscription, one);
        }

        await NoteAsync(subscription, delivery.Events, cancellationToken);
        return delivery.Answer();
    }

    /// <summary>Handles some messages together. When it throws, they come again, and only they.</summary>
    public async Task AttemptAsync(IReadOnlyList<DeliveredEvent> events, Func<Task> handle, CancellationToken cancellationToken)
    {
        try
        {
            await handle();
        }
#pragma warning disable CA1031 // Whatever it was, the neighbours in the batch have nothing to do with it, and an operator may have to read it.
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogFailed(failure);
            foreach (var one in events)
            {
                one.Retry(Reason(failure));
            }
        }
    }

    private static async Task FollowAsync(DeliveredEvent one, Func<DeliveredEvent, CancellationToken, Task> handle, CancellationToken cancellationToken)
    {
        using var activity = one.Follow("handle message");
        await handle(one, cancellationToken);
    }

    private static string Reason(Exception failure) => failure is DependencyUnavailableException
        ? $"A dependency does not answer: {failure.Message}."
        : $"{failure.GetType().Name}: {failure.Message}";

    private void Count(Subscription subscription, DeliveredEvent one)
    {
        counters.Count(subscription, one.Status switch
        {
            DeliveryStatus.Success => MessageOutcome.Delivered,
            DeliveryStatus.Duplicate => MessageOutcome.Duplicate,
            DeliveryStatus.Drop => MessageOutcome.Dropped,
            _ => MessageOutcome.Retried,
        });
        if (one.Status == DeliveryStatus.Drop)
        {
            LogDropped(one.Id, subscription.Name, one.Reason);
        }
    }

    private Task NoteAsync(Subscription subscription, IReadOnlyList<DeliveredEvent> events, CancellationToken cancellationToken)
    {
        var failed = new List<(string, string)>();
        var handled = new List<string>();
        foreach (var one in events.Where(one => one.Id is not null))
        {
            if (one.Status is DeliveryStatus.Success or DeliveryStatus.Duplicate)
            {
                handled.Add(one.Id!);
            }
            else
            {
                failed.Add((one.Id!, one.Reason));
            }
        }

        return Task.WhenAll(notes.NoteAsync(subscription, failed, cancellationToken), notes.ForgetAsync(subscription, handled, cancellationToken));
    }

    [LoggerMessage(LogLevel.Warning, "A message was not handled; it comes again")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(LogLevel.Warning, "Message {EventId} of {Subscription} goes to the dead-letter topic: {Reason}")]
    private partial void LogDropped(string? eventId, string subscription, string reason);
}
