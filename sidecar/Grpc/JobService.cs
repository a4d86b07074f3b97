using Sidecar.Api;
using Sidecar.Grpc.DaprApi;
using Sidecar.Jobs;

namespace Sidecar.Grpc;

/// <summary>Jobs over gRPC (dapr-contract.md 9.4), stable and Alpha1 with the same messages.</summary>
internal sealed class JobService(JobsApi jobs) : IGrpcService
{
    public IReadOnlyList<GrpcMethod> Methods =>
    [
        .. DaprService.Unary(["ScheduleJob", "ScheduleJobAlpha1"], ScheduleJobRequest.Parser, ScheduleAsync),
        .. DaprService.Unary(["GetJob", "GetJobAlpha1"], GetJobRequest.Parser, GetAsync),
        .. DaprService.Unary(["DeleteJob", "DeleteJobAlpha1"], DeleteJobRequest.Parser, DeleteAsync),
        .. DaprService.Unary(["DeleteJobsByPrefix", "DeleteJobsByPrefixAlpha1"], DeleteJobsByPrefixRequest.Parser, DeleteByPrefixAsync),
        .. DaprService.Unary(["ListJobs", "ListJobsAlpha1"], ListJobsRequest.Parser, ListAsync),
    ];

    private async Task<ScheduleJobResponse> ScheduleAsync(ScheduleJobRequest request, GrpcCall call)
    {
        if (request.Job is not { } job)
        {
            throw DaprService.ToException(jobs.JobEmpty);
        }

        var times = new JobTimes(
            job.HasSchedule ? job.Schedule : null,
            job.HasDueTime ? job.DueTime : null,
            job.HasRepeats ? job.Repeats : null,
            job.HasTtl ? job.Ttl : null);
        DaprService.ThrowIf(await jobs.ScheduleAsync(
            new JobRequest(job.Name, times, JobDataMessage.Read(job.Data), FailurePolicyMessage.Read(job.FailurePolicy), request.Overwrite), call.Cancelled));
        return new ScheduleJobResponse();
    }

    private async Task<GetJobResponse> GetAsync(GetJobRequest request, GrpcCall call) =>
        new() { Job = ToMessage(DaprService.ValueOf(await jobs.GetAsync(request.Name, call.Cancelled))!) };

    private async Task<DeleteJobResponse> DeleteAsync(DeleteJobRequest request, GrpcCall call)
    {
        DaprService.ThrowIf(await jobs.DeleteAsync(request.Name, call.Cancelled));
        return new DeleteJobResponse();
    }

    private async Task<DeleteJobsByPrefixResponse> DeleteByPrefixAsync(DeleteJobsByPrefixRequest request, GrpcCall call)
    {
        DaprService.ThrowIf(await jobs.DeleteByPrefixAsync(request.NamePrefix, call.Cancelled));
        return new DeleteJobsByPrefixResponse();
    }

    private async Task<ListJobsResponse> ListAsync(ListJobsRequest request, GrpcCall call) =>
        new() { Jobs = { DaprService.ValueOf(await jobs.ListAsync(call.Cancelled))!.Select(ToMessage) } };

    private static Job ToMessage(ScheduledJob job)
    {
        var message = new Job { Name = job.Name };
        if (job.Times.Schedule is { } schedule)
        {
            message.Schedule = schedule;
        }

        if (job.Times.DueTime is { } dueTime)
        {
            message.DueTime = dueTime;
        }

        if (job.Times.Ttl is { } ttl)
        {
            message.Ttl = ttl;
        }

        if (job.Times.Repeats is { } repeats)
        {
            message.Repeats = repeats;
        }

        message.Data = job.Data is null ? null : JobDataMessage.Write(job.Data);
        message.FailurePolicy = job.Failure is null ? null : FailurePolicyMessage.Write(job.Failure);
        return message;
    }
}
