using Sidecar.Actors;
using Sidecar.Actors.Reminders;
using Sidecar.Components;
using Sidecar.Grpc;
using Sidecar.Host;
using Sidecar.Http.Errors;
using Sidecar.Jobs;

namespace Sidecar.Api;

internal sealed record JobRequest(string Name, JobTimes Times, JobData? Data, FailurePolicy? Failure, bool Overwrite);

/// <summary>The operations of the jobs API, whichever protocol asks for them (dapr-contract.md 9.4).</summary>
internal sealed class JobsApi(SidecarOptions options, JobStore store, JobRunner runner, TimeProvider clock)
{
    public ApiError JobEmpty => JobErrors.JobEmpty(options.AppId, options.Namespace);

    public ApiError NameTwice => JobErrors.NameTwice(options.AppId, options.Namespace);

    public async Task<ApiError?> ScheduleAsync(JobRequest request, CancellationToken cancellationToken)
    {
        if (request.Name.Length == 0)
        {
            return JobErrors.NameEmpty(options.AppId, options.Namespace);
        }

        if (request.Times is { Schedule: null, DueTime: null })
        {
            return JobErrors.ScheduleEmpty(options.AppId, options.Namespace);
        }

        try
        {
            var plan = JobPlan.Of(request.Times, clock.GetUtcNow(), clock.LocalTimeZone);
            var job = new ScheduledJob(request.Name, request.Times, request.Data, request.Failure, plan, RandomId.NewUuid());
            if (!request.Overwrite && await store.LoadAsync(request.Name, cancellationToken) is not null)
            {
                return Refused(GrpcStatusCode.AlreadyExists, $"job already exists: '{request.Name}'");
            }

            await store.SaveAsync(job, cancellationToken);
            runner.Expect(job.Name, plan.Next);
            return null;
        }
        catch (FormatException mistake)
        {
            return Refused(GrpcStatusCode.InvalidArgument, mistake.Message);
        }
        catch (Exception failure) when (failure is ComponentException or ActorException)
        {
            return Refused(GrpcStatusCode.Internal, failure.Message);
        }
    }

    public async Task<ApiAnswer<ScheduledJob>> GetAsync(string name, CancellationToken cancellationToken)
    {
        if (name.Length == 0)
        {
            return ApiAnswer<ScheduledJob>.Failed(JobErrors.NameEmpty(options.AppId, options.Namespace));
        }

        try
        {
            return await store.LoadAsync(name, cancellationToken) is { } stored
                ? ApiAnswer<ScheduledJob>.Of(stored.Job)
                : ApiAnswer<ScheduledJob>.Failed(JobErrors.NotGot(GrpcStatusCode.NotFound, $"job not found: {name}", options.AppId, options.Namespace));
        }
        catch (Exception failure) when (failure is ComponentException or ActorException)
        {
            return ApiAnswer<ScheduledJob>.Failed(JobErrors.NotGot(GrpcStatusCode.Internal, failure.Message, options.AppId, options.Namespace));
        }
    }

    public async Task<ApiAnswer<IReadOnlyList<ScheduledJob>>> ListAsync(CancellationToken cancellationToken)
    {
        try
        {
            return ApiAnswer<IReadOnlyList<ScheduledJob>>.Of(
                [.. (await store.ListAsync(cancellationToken).ToListAsync(cancellationToken)).OrderBy(job => job.Name, StringComparer.Ordinal)]);
        }
        catch (Exception failure) when (failure is ComponentException or ActorException)
        {
            return ApiAnswer<IReadOnlyList<ScheduledJob>>.Failed(JobErrors.NotListed(failure.Message, options.AppId, options.Namespace));
        }
    }

    /// <summary>One that is not there is no error.</summary>
    public Task<ApiError?> DeleteAsync(string name, CancellationToken cancellationToken) => name.Length == 0
        ? Task.FromResult<ApiError?>(JobErrors.NameEmpty(options.AppId, options.Namespace))
        : TryDeleteAsync(() => store.DeleteAsync(name, cancellationToken));

    /// <param name="prefix">Empty: all of the app.</param>
    public Task<ApiError?> DeleteByPrefixAsync(string prefix, CancellationToken cancellationToken) => TryDeleteAsync(async () =>
    {
        await foreach (var job in store.ListAsync(cancellationToken))
        {
            if (job.Name.StartsWith(prefix, StringComparison.Ordinal))
            {
                await store.DeleteAsync(job.Name, cancellationToken);
            }
        }
    });

    private async Task<ApiError?> TryDeleteAsync(Func<Task> delete)
    {
        try
        {
            await delete();
            return null;
        }
        catch (Exception failure) when (failure is ComponentException or ActorException)
        {
            return JobErrors.NotDeleted(failure.Message, options.AppId, options.Namespace);
        }
    }

    private ApiError Refused(GrpcStatusCode code, string why) => JobErrors.NotScheduled(code, why, options.AppId, options.Namespace);
}
