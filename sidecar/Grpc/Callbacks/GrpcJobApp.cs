using Sidecar.Grpc.DaprApi;
using Sidecar.Jobs;
using Sidecar.Tracing;

namespace Sidecar.Grpc.Callbacks;

/// <summary>The app behind its gRPC service: OnJobEvent, or its alpha name.</summary>
internal sealed class GrpcJobApp(AppCallback app) : IJobApp
{
    public async Task<JobAnswer> TriggerAsync(ScheduledJob job)
    {
        var request = new JobEventRequest
        {
            Name = job.Name,
            Data = job.Data is null ? null : JobDataMessage.Write(job.Data),
            Method = $"job/{job.Name}",
            ContentType = job.Data?.TypeUrl ?? "",
            HttpExtension = new HTTPExtension { Verb = HTTPExtension.Types.Verb.Post },
        };
        try
        {
            await app.CallOrAlphaAsync("OnJobEvent", request, JobEventResponse.Parser, [], TraceContext.Empty, CancellationToken.None);
            return default;
        }
        catch (GrpcException failure)
        {
            return new JobAnswer($"the app answered {failure.Status}: {failure.Message}", IsFinal: failure.Status == GrpcStatusCode.NotFound);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            return new JobAnswer(failure.Message);
        }
    }
}
