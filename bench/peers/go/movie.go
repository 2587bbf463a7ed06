package main

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	metadatav1 "marquee.bench/gen/metadata/v1"
	moviev1 "marquee.bench/gen/movie/v1"
	ratingv1 "marquee.bench/gen/rating/v1"
)

type movieService struct {
	metadata, rating *grpc.ClientConn
}

func registerMovie(server *grpc.Server, metadata, rating string) error {
	plain := grpc.WithTransportCredentials(insecure.NewCredentials())
	metadataConnection, err := grpc.NewClient(metadata, plain)
	if err != nil {
		return err
	}
	ratingConnection, err := grpc.NewClient(rating, plain)
	if err != nil {
		return err
	}
	service := &movieService{metadataConnection, ratingConnection}
	register(server, "movie.v1.MovieService",
		[]grpc.MethodDesc{unary("GetMovieDetails", service.getMovieDetails)}, nil)
	return nil
}

func (s *movieService) getMovieDetails(
	ctx context.Context, request *moviev1.GetMovieDetailsRequest,
) (*moviev1.GetMovieDetailsResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	rating := &ratingv1.GetAggregatedRatingResponse{}
	rated := make(chan error, 1)
	go func() {
		rated <- s.rating.Invoke(ctx, "/rating.v1.RatingService/GetAggregatedRating",
			&ratingv1.GetAggregatedRatingRequest{RecordId: request.MovieId, RecordType: "movie"}, rating)
	}()
	movie := &metadatav1.GetMetadataResponse{}
	err := s.metadata.Invoke(ctx, "/metadata.v1.MetadataService/GetMetadata",
		&metadatav1.GetMetadataRequest{MovieId: request.MovieId}, movie)
	if err != nil {
		return nil, err
	}
	details := &moviev1.MovieDetails{Metadata: movie.Metadata}
	switch status.Code(<-rated) {
	case codes.OK:
		details.Rating = rating.AggregatedRating
		details.RatingStatus = moviev1.RatingStatus_RATING_STATUS_RATED
	case codes.NotFound:
		details.RatingStatus = moviev1.RatingStatus_RATING_STATUS_NOT_RATED
	default:
		details.RatingStatus = moviev1.RatingStatus_RATING_STATUS_UNAVAILABLE
	}
	return &moviev1.GetMovieDetailsResponse{MovieDetails: details}, nil
}
