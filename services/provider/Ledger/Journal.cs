using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Provider.Ledger;

/// <summary>
/// An append-only file of JSON lines, flushed to the disk before an append completes. Appends that arrive while one flush
/// runs share the next. A last line cut off by a crash was never answered for, so opening drops it.
/// </summary>
internal sealed class Journal : IAsyncDisposable
{
    private readonly FileStream _file;
    private readonly Channel<Append> _queue = Channel.CreateUnbounded<Append>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _writing;

    private Journal(FileStream file)
    {
        _file = file;
        _writing = Task.Run(WriteAsync);
    }

    /// <returns>The journal, ready to append, and what it held.</returns>
    public static (Journal Journal, IReadOnlyList<Entry> Entries) Open(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        // One writer: a second sandbox on the same file must fail at its start, not interleave lines.
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            var entries = Recover(file);
            return (new Journal(file), entries);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Completes when the entries are on the disk; appends keep their order.</summary>
    public Task AppendAsync(IReadOnlyList<Entry> entries)
    {
        var append = new Append(
            [.. JsonSerializer.SerializeToUtf8Bytes(entries, ShopJson.Documents), (byte)'\n'],
            new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return _queue.Writer.TryWrite(append)
            ? append.Done.Task
            : Task.FromException(new IOException("The ledger is closed."));
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing;
        await _file.DisposeAsync();
    }

    private static List<Entry> Recover(FileStream file)
    {
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var entries = new List<Entry>();
        var start = 0;
        for (var number = 1; start < bytes.Length; number++)
        {
            var length = bytes.AsSpan(start).IndexOf((byte)'\n');
            if (length < 0 || Parse(bytes.AsSpan(start, length)) is not { } line)
            {
                if (length >= 0 && start + length + 1 < bytes.Length)
                {
                    throw new InvalidDataException($"{file.Name}, line {number}: not a ledger line. Restore the file or start with an empty directory.");
                }

                break;
            }

            entries.AddRange(line);
            start += length + 1;
        }

        file.SetLength(start);
        file.Position = start;
        return entries;
    }

    private static Entry[]? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize<Entry[]>(Encoding.UTF8.GetString(line), ShopJson.Documents);
        }
        catch (JsonException)
        {
            // The caller knows whether this is the torn end or damage in the middle.
            return null;
        }
    }

    private async Task WriteAsync()
    {
        var batch = new List<Append>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (_queue.Reader.TryRead(out var append))
            {
                batch.Add(append);
            }

            try
            {
                foreach (var append in batch)
                {
                    _file.Write(append.Line);
                }

                _file.Flush(flushToDisk: true);
                batch.ForEach(append => append.Done.SetResult());
            }
            catch (IOException fault)
            {
                // How much reached the disk is unknown, so nothing may be appended behind it.
                _queue.Writer.TryComplete(fault);
                batch.ForEach(append => append.Done.SetException(fault));
                while (_queue.Reader.TryRead(out var late))
                {
                    late.Done.SetException(fault);
                }

                return;
            }
        }
    }

    private sealed record Append(byte[] Line, TaskCompletionSource Done);
}
