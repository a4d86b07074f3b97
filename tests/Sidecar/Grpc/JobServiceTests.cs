using DaprShop.Tests.Wire;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DaprApi;

namespace DaprShop.Tests.Grpc;

public sealed class JobServiceTests : IAsyncLifetime
{
    private GrpcSidecar _sidecar = null!;

    public async Task InitializeAsync() =>
        _sidecar = await GrpcSidecar.StartAsync(Yaml.Component("store", "state.in-memory", ("actorStateStore", "true")));

    public async Task DisposeAsync() => await _sidecar.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("Alpha1")]
    public async Task Job_ScheduledAndRead_ComesBackAsItWas(string version)
    {
        var job = new Job
        {
            Name = "a",
            Schedule = "@every 1h",
            Repeats = 3,
            DueTime = "1h",
            Ttl = "10h",
            Data = Any.Pack(new StringValue { Value = "text" }),
            FailurePolicy = new JobFailurePolicy { Constant = new JobFailurePolicyConstant { Interval = Duration.FromTimeSpan(TimeSpan.FromSeconds(2)), MaxRetries = 7 } },
        };

        await _sidecar.CallAsync($"ScheduleJob{version}", new ScheduleJobRequest { Job = job }, ScheduleJobResponse.Parser);
        var found = await _sidecar.CallAsync($"GetJob{version}", new GetJobRequest { Name = "a" }, GetJobResponse.Parser);

        Assert.Equal(job, found.Job);
    }

    [Fact]
    public async Task Jobs_AreListedAndDeletedByPrefix()
    {
        foreach (var name in (string[])["b-2", "a-1", "b-1"])
        {
            await ScheduleAsync(name);
        }

        var all = await ListAsync();
        await _sidecar.CallAsync("DeleteJobsByPrefix", new DeleteJobsByPrefixRequest { NamePrefix = "b-" }, DeleteJobsByPrefixResponse.Parser);
        var left = await ListAsync();
        await _sidecar.CallAsync("DeleteJobAlpha1", new DeleteJobRequest { Name = "a-1" }, DeleteJobResponse.Parser);

        Assert.Equal(["a-1", "b-1", "b-2"], all);
        Assert.Equal(["a-1"], left);
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task Job_OverHttp_IsAValueOverGrpc()
    {
        await _sidecar.Running.Http.SendTextAsync("POST", "/v1.0/jobs/a", """{"dueTime":"1h","data":{"n":1},"failurePolicy":{"drop":{}}}""");

        var found = (await _sidecar.CallAsync("GetJob", new GetJobRequest { Name = "a" }, GetJobResponse.Parser)).Job;

        Assert.Equal(1, found.Data.Unpack<Value>().StructValue.Fields["n"].NumberValue);
        Assert.NotNull(found.FailurePolicy.Drop);
    }

    [Fact]
    public async Task Requests_ThatAreWrong_HaveDaprsErrors()
    {
        await ScheduleAsync("stands");

        Assert.StartsWith("3 Job is empty", await _sidecar.EndAsync("ScheduleJob", new ScheduleJobRequest()), StringComparison.Ordinal);
        Assert.StartsWith("3 Name is empty", await _sidecar.EndAsync("ScheduleJob", new ScheduleJobRequest { Job = new Job() }), StringComparison.Ordinal);
        Assert.StartsWith("3 Schedule is empty", await _sidecar.EndAsync("ScheduleJob", new ScheduleJobRequest { Job = new Job { Name = "a" } }), StringComparison.Ordinal);
        Assert.StartsWith("3 failed to schedule job", await _sidecar.EndAsync("ScheduleJob", Request("a", "often")), StringComparison.Ordinal);
        Assert.StartsWith("6 failed to schedule job", await _sidecar.EndAsync("ScheduleJob", Request("stands", "@every 1h")), StringComparison.Ordinal);
        Assert.StartsWith("13 failed to get job", await _sidecar.EndAsync("GetJob", new GetJobRequest { Name = "a" }), StringComparison.Ordinal);
        Assert.StartsWith("3 Name is empty", await _sidecar.EndAsync("GetJob", new GetJobRequest()), StringComparison.Ordinal);
        Assert.StartsWith("3 Name is empty", await _sidecar.EndAsync("DeleteJob", new DeleteJobRequest()), StringComparison.Ordinal);
    }

    private static ScheduleJobRequest Request(string name, string schedule) => new() { Job = new Job { Name = name, Schedule = schedule } };

    private Task ScheduleAsync(string name) => _sidecar.CallAsync("ScheduleJob", Request(name, "@every 1h"), ScheduleJobResponse.Parser);

    private async Task<IEnumerable<string>> ListAsync() =>
        (await _sidecar.CallAsync("ListJobs", new ListJobsRequest(), ListJobsResponse.Parser)).Jobs.Select(job => job.Name);
}
