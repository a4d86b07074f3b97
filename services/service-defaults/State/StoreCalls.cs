using System.Text.Json;
using Dapr;
using DaprShop.ServiceDefaults.Faults;
using DaprShop.ServiceDefaults.Resilience;

namespace DaprShop.ServiceDefaults.State;

/// <summary>
/// The way of this process to the state store. Each call has a limit, and when the store does not answer, the next ones are refused at once instead
/// of waiting as long. Both end in <see cref="DependencyUnavailableException"/>: after a limit the outcome is unknown; what was refused was not done.
/// </summary>
public sealed class StoreCalls(CircuitBreakers breakers, TimeProvider clock)
{
    /// <summary>Dapr's client waits for ever. A store that hangs would hold up whoever queues behind the call.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Who asks whether the store is back waits no longer than those who are refused until then.</summary>
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(1);

    private readonly CircuitBreaker _breaker = breakers.Of(DocumentStore.Component);

    /// <summary>A call whose answers and errors tell whether the store is there: a read, or a write that nothing but the store can refuse.</summary>
    /// <param name="judge">What an answer tells; null: that the store is there.</param>
    public Task<T> AskAsync<T>(
        Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken, Func<T, CallOutcome>? judge = null) =>
        RunAsync(call, judge ?? (_ => CallOutcome.Answered), Judge, cancellationToken);

    /// <summary>
    /// A write that another writer can make fail. Redis answers 409 as well when it is in trouble, and 500 to a lost create: only success says
    /// anything about the store. The read that follows says the rest.
    /// </summary>
    /// <returns>False: it failed, or nobody knows.</returns>
    public Task<bool> TrySwapAsync(Func<CancellationToken, Task<bool>> call, CancellationToken cancellationToken) =>
        RunAsync(call, swapped => swapped ? CallOutcome.Answered : CallOutcome.Unknown, _ => CallOutcome.Unknown, cancellationToken);

    private async Task<T> RunAsync<T>(
        Func<CancellationToken, Task<T>> call, Func<T, CallOutcome> judge, Func<Exception, CallOutcome> judgeError, CancellationToken cancellationToken)
    {
        if (_breaker.TryEnter() is not { } pass)
        {
            throw new DependencyUnavailableException($"{DocumentStore.Component} was not asked: it has not answered for a while");
        }

        var outcome = CallOutcome.Unknown;
        using var limit = new CancellationTokenSource(pass.IsProbe ? ProbeLimit : Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            var answer = await call(either.Token);
            outcome = judge(answer);
            return answer;
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            outcome = CallOutcome.Failed;
            throw new DependencyUnavailableException(DocumentStore.Component, failure);
        }
        catch (DependencyUnavailableException)
        {
            outcome = CallOutcome.Failed;
            throw;
        }
        catch (Exception failure) when (failure is DaprException or HttpRequestException or JsonException)
        {
            outcome = judgeError(failure);
            throw new DependencyUnavailableException(DocumentStore.Component, failure);
        }
        finally
        {
            _breaker.Report(pass, outcome);
        }
    }

    /// <summary>A document that cannot be read, or a request that was refused, is an answer.</summary>
    private static CallOutcome Judge(Exception failure) => (failure as HttpRequestException ?? failure.InnerException ?? failure) switch
    {
        JsonException => CallOutcome.Answered,
        HttpRequestException { StatusCode: { } status } when (int)status < 500 => CallOutcome.Answered,
        _ => CallOutcome.Failed,
    };
}
