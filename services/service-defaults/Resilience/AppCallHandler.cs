using System.Net.Http.Headers;
using DaprShop.ServiceDefaults.Faults;
using Microsoft.AspNetCore.Http;

namespace DaprShop.ServiceDefaults.Resilience;

/// <summary>
/// Service invocation of one app. An app that nobody reaches is asked once a second, whatever the sidecar's retries make of each call; all other calls end
/// at once in <see cref="DependencyUnavailableException"/>, and were certainly not made.
/// </summary>
public sealed class AppCallHandler(CircuitBreaker breaker, TimeProvider clock) : DelegatingHandler
{
    /// <summary>
    /// How long a service waits for another one. Below the 15 s that resiliency.yaml gives a call, after which the sidecar makes it a second time;
    /// above what the app itself waits for others.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    /// <summary>Who leaves earlier may only be in a hurry.</summary>
    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(5);

    /// <summary>Every app words its errors as problems, so one in any other form was made by a sidecar on the way.</summary>
    public static bool IsAppAnswer(int status, MediaTypeHeaderValue? type) =>
        status < StatusCodes.Status500InternalServerError || type?.MediaType == Problems.ContentType;

    /// <summary>Makes a call, or refuses it.</summary>
    public static async Task<HttpResponseMessage> RunAsync(
        CircuitBreaker breaker, TimeProvider clock, Func<CancellationToken, Task<HttpResponseMessage>> call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(breaker);
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentNullException.ThrowIfNull(call);
        if (breaker.TryEnter() is not { } pass)
        {
            throw new DependencyUnavailableException($"{breaker.Name} was not asked: it has not answered for a while");
        }

        var outcome = CallOutcome.Unknown;
        try
        {
            // What HttpClient does next is not bound to the caller's scheduler, and neither is this.
            var answer = await call(cancellationToken).ConfigureAwait(false);
            outcome = IsAppAnswer((int)answer.StatusCode, answer.Content.Headers.ContentType) ? CallOutcome.Answered : CallOutcome.Failed;
            return answer;
        }
        catch (HttpRequestException failure) when (failure.InnerException is not BadHttpRequestException)
        {
            outcome = CallOutcome.Failed;
            throw;
        }
        catch (OperationCanceledException) when (clock.GetElapsedTime(pass.Began) >= LongWait)
        {
            outcome = CallOutcome.Failed;
            throw;
        }
        finally
        {
            breaker.Report(pass, outcome);
        }
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        RunAsync(breaker, clock, token => base.SendAsync(request, token), cancellationToken);
}
